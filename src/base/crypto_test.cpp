#include "base/crypto.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Vault, OpensWhatItSealed) {
  const Vault vault = Vault::parse(Vault::make_key()).value();
  const std::string sealed = vault.seal("secret", "account-1");
  EXPECT_EQ(vault.open(sealed, "account-1").value(), "secret");
  EXPECT_EQ(vault.open(sealed, "account-2").error().code, "broken_secret");
  EXPECT_NE(vault.seal("secret", "account-1"), sealed);
  std::string altered = sealed;
  altered[altered.size() - 4] = altered[altered.size() - 4] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(vault.open(altered, "account-1"));
  EXPECT_FALSE(vault.open("k:", "account-1"));
  EXPECT_FALSE(vault.open("", "account-1"));
}

TEST(Vault, RotatesKeys) {
  const std::string old_key = Vault::make_key();
  const std::string sealed = Vault::parse(old_key)->seal("secret", "c");
  const Vault both = Vault::parse(Vault::make_key() + "," + old_key).value();
  EXPECT_EQ(both.open(sealed, "c").value(), "secret");
  EXPECT_EQ(Vault::parse(Vault::make_key())->open(sealed, "c").error().code, "unknown_key");
}

TEST(Signer, SignsWithTheFirstKeyAndAcceptsAll) {
  const std::string old_key = Vault::make_key();
  const std::string new_key = Vault::make_key();
  const Signer old_one = Vault::parse(old_key)->signer("links");
  const Signer both = Vault::parse(new_key + "," + old_key)->signer("links");
  const Signer new_one = Vault::parse(new_key)->signer("links");

  EXPECT_TRUE(both.accepts("text", old_one.sign("text"))) << "what is out lives on";
  EXPECT_EQ(both.sign("text"), new_one.sign("text")) << "the first key makes what is new";
  EXPECT_TRUE(new_one.accepts("text", both.sign("text")));
  EXPECT_FALSE(new_one.accepts("text", old_one.sign("text")))
      << "a key that is gone counts nothing";
  EXPECT_TRUE(
      Vault::parse(old_key + "," + new_key)->signer("links").accepts("text", both.sign("text")))
      << "processes that do not sign with the new key yet accept it";
}

TEST(Signer, KeepsTextsAndPurposesApart) {
  const Vault vault = Vault::parse(Vault::make_key()).value();
  const std::string signature = vault.signer("links").sign("text");
  EXPECT_FALSE(vault.signer("links").accepts("other text", signature));
  EXPECT_FALSE(vault.signer("csrf").accepts("text", signature));
  EXPECT_FALSE(vault.signer("links").accepts("text", ""));
  EXPECT_FALSE(vault.signer("links").accepts("text", signature.substr(1)));
}

TEST(Vault, RefusesBadKeysWithoutShowingThem) {
  for (const char* key : {"", "short", "id:AAAA", "bad id:AAAA", ":"}) {
    const auto vault = Vault::parse(key);
    ASSERT_FALSE(vault) << key;
    EXPECT_EQ(vault.error().fields[0].field, "APP_KEY");
  }
}

TEST(Hashes, MatchTheirStandards) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // RFC 4231, test case 2.
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Passwords, AreVerified) {
  const std::string hash = hash_password("correct horse");
  EXPECT_TRUE(hash.starts_with("$argon2id$"));
  EXPECT_TRUE(verify_password(hash, "correct horse"));
  EXPECT_FALSE(verify_password(hash, "wrong horse"));
  EXPECT_FALSE(verify_password("nonsense", "wrong horse"));
}

TEST(Constant, Comparison) {
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("abc", "ab"));
}

TEST(Metrics, AreExposed) {
  metrics::Counter counter{"test_events_total", "Events of a test.", {"kind"}};
  counter.add({"a"}, 2);
  metrics::Histogram histogram{"test_seconds", "Times of a test.", {0.1, 1}};
  histogram.observe(0.5);
  const std::string text = metrics::expose();
  EXPECT_TRUE(text.contains("test_events_total{kind=\"a\"} 2"));
  EXPECT_TRUE(text.contains("test_seconds_bucket{le=\"0.1\"} 0"));
  EXPECT_TRUE(text.contains("process_resident_memory_bytes"));
}

TEST(Logs, StayOneLineAndCarryEcsNames) {
  start_logging(LogLevel::info, LogFormat::json, "test");
  testing::internal::CaptureStderr();
  log_warn("something_happened", {{"detail", "two\nlines"}, {"count", 3}});
  log_debug("not_shown");
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  for (const char* part :
       {"\"@timestamp\":", "\"log.level\":\"warn\"", "\"message\":\"something_happened\"",
        "\"socialtrend.count\":3", "two\\nlines"}) {
    EXPECT_TRUE(line.contains(part)) << line;
  }
  start_logging(LogLevel::info, LogFormat::text, "test");
  testing::internal::CaptureStderr();
  log_info("plain", {{"detail", "two\nlines"}});
  EXPECT_EQ(std::ranges::count(testing::internal::GetCapturedStderr(), '\n'), 1);
}

}  // namespace
}  // namespace base
