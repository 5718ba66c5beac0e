#include "networks/nostr/event.h"

#include "base/crypto.h"
#include "base/text.h"
#include "networks/nostr/bech32.h"

#include <gtest/gtest.h>

namespace networks::nostr {
namespace {

// The example keys of NIP-19.
constexpr std::string_view example_npub =
    "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6";
constexpr std::string_view example_public =
    "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d";
constexpr std::string_view example_nsec =
    "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5";
constexpr std::string_view example_secret =
    "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa";

TEST(NostrKeys, ReadAndWriteNip19) {
  EXPECT_EQ(bech32_encode("npub", base::from_hex(example_public)), example_npub);
  EXPECT_EQ(base::hex(bech32_decode("npub", example_npub)), example_public);
  const auto keys = parse_secret(example_nsec);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->secret, example_secret);
  EXPECT_EQ(nsec(*keys), example_nsec);
  EXPECT_EQ(parse_secret(example_secret)->public_key, keys->public_key);
}

TEST(NostrKeys, RefuseWhatIsNoKey) {
  EXPECT_FALSE(parse_secret(""));
  EXPECT_FALSE(parse_secret(example_npub));
  EXPECT_FALSE(parse_secret(std::string(64, '0')));  // not on the curve
  EXPECT_FALSE(parse_secret(std::string(64, 'f')));
  std::string mistyped(example_nsec);
  mistyped[10] = mistyped[10] == 'q' ? 'p' : 'q';
  EXPECT_FALSE(parse_secret(mistyped));
}

TEST(NostrKeys, AreMadeAnewEachTime) { EXPECT_NE(make_keys().secret, make_keys().secret); }

TEST(NostrEvent, IsTheSameEachTimeAndVerifies) {
  const auto keys = *parse_secret(example_nsec);
  const Draft draft{.created_at = base::from_micros(1'795'424'400'999'999),
                    .tags = {json::array{"t", "köln"}},
                    .content = "Line\n\"quoted\" \\ tab\t 👋 </script>"};
  const auto event = sign_event(draft, keys);
  EXPECT_EQ(json::serialize(event), json::serialize(sign_event(draft, keys)));
  EXPECT_TRUE(verify_event(event));
  EXPECT_EQ(event.at("created_at").as_int64(), 1'795'424'400);
  auto forged = event;
  forged["content"] = "other words";
  EXPECT_FALSE(verify_event(forged));
  forged["id"] = base::hex(base::sha256(canonical_event(forged)));
  EXPECT_FALSE(verify_event(forged));
}

TEST(NostrEvent, IsHashedAsNip01Says) {
  const json::object event{{"pubkey", "ab"},
                           {"created_at", 5},
                           {"kind", 1},
                           {"tags", json::array{json::array{"e", "x\"y"}, json::array{"t", "z"}}},
                           {"content", "a\n\"\\\r\t\b\f/ü\x7f"}};
  EXPECT_EQ(canonical_event(event),
            "[0,\"ab\",5,1,[[\"e\",\"x\\\"y\"],[\"t\",\"z\"]],\"a\\n\\\"\\\\\\r\\t\\b\\f/ü\x7f\"]");
}

}  // namespace
}  // namespace networks::nostr
