#include "accounts/access_tokens.h"

#include "base/json.h"
#include "base/text.h"

#include <gtest/gtest.h>

namespace accounts {
namespace {

using namespace std::chrono_literals;

const base::Instant now = *base::parse_rfc3339("2026-11-23T09:00:00Z");
const std::string raw_key(32, 'k');
const base::Signer key({raw_key});

Claims some_claims() {
  return {.user = {"u"},
          .workspace = {"w"},
          .security_version = 3,
          .issued_at = now,
          .expires_at = now + 30min};
}

TEST(AccessToken, ComesBackAsItWasSigned) {
  const auto claims = verify_claims(sign_claims(some_claims(), key), key, now);
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->user.value, "u");
  EXPECT_EQ(claims->workspace.value, "w");
  EXPECT_EQ(claims->security_version, 3);
  EXPECT_EQ(claims->expires_at, now + 30min);
}

TEST(AccessToken, OutlivesTheRotationOfItsKey) {
  const std::string token = sign_claims(some_claims(), key);
  const base::Signer rotated({std::string(32, 'x'), raw_key});
  EXPECT_TRUE(verify_claims(token, rotated, now));
  EXPECT_FALSE(verify_claims(token, rotated, now + 30min)) << "but not its own end";
  EXPECT_FALSE(verify_claims(sign_claims(some_claims(), rotated), key, now))
      << "made with the first";
}

TEST(AccessToken, RunsOut) {
  const std::string token = sign_claims(some_claims(), key);
  EXPECT_TRUE(verify_claims(token, key, now + 30min - 1s));
  EXPECT_FALSE(verify_claims(token, key, now + 30min));
}

TEST(AccessToken, OfAnotherKeyIsRefused) {
  EXPECT_FALSE(
      verify_claims(sign_claims(some_claims(), base::Signer({std::string(32, 'x')})), key, now));
}

TEST(AccessToken, ChangedInAnyByteIsRefused) {
  const std::string token = sign_claims(some_claims(), key);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify_claims(changed, key, now)) << i;
  }
}

TEST(AccessToken, CannotChooseItsAlgorithm) {
  const std::string token = sign_claims(some_claims(), key);
  const std::string payload(base::split(token, '.')[1]);
  const std::string none = base::base64url(R"({"alg":"none","typ":"JWT"})");
  EXPECT_FALSE(verify_claims(none + "." + payload + ".", key, now));
  const std::string head = none + "." + payload;
  const std::string signature = base::base64url(base::hmac_sha256(raw_key, head));
  EXPECT_FALSE(verify_claims(head + "." + signature, key, now));
}

TEST(AccessToken, MalformedIsRefused) {
  const std::string huge(5000, 'a');
  for (const std::string_view text :
       std::initializer_list<std::string_view>{"", ".", "..", "...", "a.b.c", huge}) {
    EXPECT_FALSE(verify_claims(text, key, now)) << text;
  }
}

TEST(AccessToken, IsAJsonWebToken) {
  const std::string token = sign_claims(some_claims(), key);
  const std::vector<std::string_view> parts = base::split(token, '.');
  ASSERT_EQ(parts.size(), 3U);
  const json::value header = *base::parse_json(base::from_base64(parts[0]));
  EXPECT_EQ(base::text_at(header, "/alg"), "HS256");
  const json::value payload = *base::parse_json(base::from_base64(parts[1]));
  EXPECT_EQ(base::integer_at(payload, "/exp") - base::integer_at(payload, "/iat"), 1800);
}

}  // namespace
}  // namespace accounts
