#include "networks/count.h"

#include <gtest/gtest.h>

namespace networks {
namespace {

constexpr Limits mastodon{.unit = CountUnit::mastodon, .text_max = 500, .url_length = 23};

TEST(Count, UsesTheNetworksUnit) {
  const std::string family =
      "👩‍👩‍👧";  // one cluster of five code points, eight UTF-16 units
  EXPECT_EQ(count_text(family, {.unit = CountUnit::graphemes}), 1);
  EXPECT_EQ(count_text(family, {.unit = CountUnit::code_points}), 5);
  EXPECT_EQ(count_text(family, {.unit = CountUnit::utf16_units}), 8);
  EXPECT_EQ(count_text(family, {.unit = CountUnit::bytes}), 18);
}

TEST(Count, TakesUrlsAndMentionsAsMastodonDoes) {
  EXPECT_EQ(count_text("See https://example.org/" + std::string(300, 'a'), mastodon), 4 + 23);
  EXPECT_EQ(count_text("http://a.io", mastodon), 23);
  EXPECT_EQ(count_text("Hi @anna@social.example.org!", mastodon), 9);
  EXPECT_EQ(count_text("Hi @anna, mail@example.org", mastodon), 26);
  EXPECT_EQ(count_text("👩‍👩‍👧 über", mastodon), 6);
}

TEST(Count, FindsRemoteMentions) {
  const std::string text = "@a.b@c.de. and @x@y-z.org, no@one@else.org /@u@v.org";
  const auto found = find_remote_mentions(text);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(text.substr(found[0].begin, found[0].end - found[0].begin), "@a.b@c.de");
  EXPECT_EQ(text.substr(found[1].begin, found[1].host - found[1].begin), "@x");
  EXPECT_EQ(text.substr(found[1].host, found[1].end - found[1].host), "@y-z.org");
}

TEST(Count, WeighsAsX) {
  const Limits x{.unit = CountUnit::weighted, .text_max = 280, .url_length = 23};
  EXPECT_EQ(count_text("Grüße", x), 5);
  EXPECT_EQ(count_text("e\u0301", x), 1) << "normal form C";
  EXPECT_EQ(count_text("こんにちは", x), 10);
  EXPECT_EQ(count_text("“quoted” – …", x), 8 + 1 + 1 + 1 + 2);
  EXPECT_EQ(count_text("👩‍👩‍👧", x), 2);
  EXPECT_EQ(count_text("🇩🇪🇫🇷", x), 4);
  EXPECT_EQ(count_text("👍🏽1️⃣❤️‍🔥", x), 6);
  EXPECT_EQ(count_text("5 # *", x), 5);
  EXPECT_EQ(count_text("See https://example.org/" + std::string(300, 'a') + " now", x), 4 + 23 + 4);
  EXPECT_EQ(count_text("See example.org, e.g. a.b", x), 4 + 23 + 10);
  EXPECT_EQ(count_text("mail@example.org", x), 16);
}

TEST(Count, CountsEmojiInBytesAsThreads) {
  const Limits threads{.unit = CountUnit::emoji_bytes, .text_max = 500};
  EXPECT_EQ(count_text("Grüße", threads), 5);
  EXPECT_EQ(count_text("👩‍👩‍👧", threads), 18);
  EXPECT_EQ(count_text("a😀b", threads), 6);
  EXPECT_EQ(count_text("5 ©", threads), 3);
}

TEST(Check, HoldsBlueskyToItsLimits) {
  const auto& bluesky = *by_id("bluesky");
  const auto limits = bluesky.limits({});
  std::string text;
  for (int i = 0; i < 300; ++i) text += "ü";
  EXPECT_TRUE(bluesky.check({{.text = text}}, limits).empty());
  EXPECT_EQ(bluesky.check({{.text = text + "x"}}, limits).size(), 1U);
  std::string families;  // 18 bytes each: few clusters, many bytes
  for (int i = 0; i < 170; ++i) families += "👩‍👩‍👧";
  const auto errors = bluesky.check({{.text = families}}, limits);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_NE(errors[0].message.find("3000 bytes"), std::string::npos);
}

TEST(Check, NamesWrongMedia) {
  const auto& bluesky = *by_id("bluesky");
  const auto limits = bluesky.limits({});
  std::vector<MediaInfo> media(5, {.content_type = "image/png", .bytes = 10});
  media[1].content_type = "image/tiff";
  media[2].bytes = 2'000'001;
  media[3].alt_text = std::string(2001, 'a');
  std::vector<std::string> fields;
  for (const auto& error : bluesky.check({{.text = "x"}, {.text = "", .media = media}}, limits)) {
    fields.push_back(error.field);
  }
  EXPECT_EQ(fields, (std::vector<std::string>{"parts[1].media", "parts[1].media[1]",
                                              "parts[1].media[2]", "parts[1].media[3].alt_text"}));
}

TEST(Check, RefusesMediaWhereThereIsNone) {
  const auto& feed = *by_id("feed");
  const auto errors =
      feed.check({{.text = "x", .media = {{.content_type = "image/png"}}}}, feed.limits({}));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].field, "parts[0].media");
}

TEST(Check, RefusesWhatIsNoText) {
  const auto& bluesky = *by_id("bluesky");
  EXPECT_EQ(bluesky.check({{.text = "a\xff"}}, bluesky.limits({}))[0].field, "parts[0].text");
  EXPECT_EQ(bluesky.check({}, bluesky.limits({}))[0].field, "parts");
}

TEST(About, IsWhatTheApiShows) {
  for (const auto& network : all()) {
    const auto about = to_json(network->about());
    EXPECT_EQ(by_id(network->about().id), network.get());
    EXPECT_FALSE(about.at("retry_note").as_string().empty());
    EXPECT_TRUE(about.at("limits").as_object().contains("unit"));
    EXPECT_EQ(about.at("settings").as_array().size(), network->about().settings.size());
  }
  EXPECT_EQ(by_id("nowhere"), nullptr);
}

}  // namespace
}  // namespace networks
