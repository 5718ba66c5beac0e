#include "networks/feed/format.h"

#include "base/json.h"

#include <gtest/gtest.h>

namespace networks::feed {
namespace {

const Channel channel{.title = "News & <more>",
                      .description = "What is new",
                      .base_url = "https://us.test/feeds/1",
                      .updated_at = base::from_micros(1'795'424'400'000'000)};
const std::vector<json::object> items = {
    {{"id", "k1"},
     {"title", "Hello <b>"},
     {"text", "Hello <b>\nsee https://example.org/?a=1&b=2 ]]>"},
     {"language", "en"},
     {"published_at", "2026-11-23T09:00:00Z"}}};

TEST(FeedFormat, EscapesTextAndMakesLinks) {
  EXPECT_EQ(text_to_html("a <b>\nhttps://example.org/?a=1&b=2"),
            "<p>a &lt;b&gt;<br>\n<a href=\"https://example.org/?a=1&amp;b=2\">"
            "https://example.org/?a=1&amp;b=2</a></p>");
}

TEST(FeedFormat, WritesRss) {
  const auto rss = to_rss(channel, items);
  EXPECT_NE(rss.find("<title>News &amp; &lt;more&gt;</title>"), std::string::npos);
  EXPECT_NE(rss.find("<guid isPermaLink=\"false\">urn:socialtrend:k1</guid>"), std::string::npos);
  EXPECT_NE(rss.find("<pubDate>Mon, 23 Nov 2026 09:00:00 GMT</pubDate>"), std::string::npos);
  EXPECT_NE(rss.find("<link>https://example.org/?a=1&amp;b=2</link>"), std::string::npos);
  EXPECT_EQ(rss.find("<b>"), std::string::npos);
}

TEST(FeedFormat, WritesAtom) {
  const auto atom = to_atom(channel, items);
  EXPECT_NE(atom.find("<updated>2026-11-23T09:00:00Z</updated>"), std::string::npos);
  EXPECT_NE(atom.find("<id>urn:socialtrend:k1</id>"), std::string::npos);
  EXPECT_NE(atom.find("rel=\"self\" href=\"https://us.test/feeds/1.atom\""), std::string::npos);
  EXPECT_EQ(atom.find("<b>"), std::string::npos);
}

TEST(FeedFormat, WritesJsonFeed) {
  const auto feed = json::parse(to_json_feed(channel, items));
  EXPECT_EQ(base::text_at(feed, "/version"), "https://jsonfeed.org/version/1.1");
  EXPECT_EQ(base::text_at(feed, "/items/0/id"), "urn:socialtrend:k1");
  EXPECT_EQ(base::text_at(feed, "/items/0/external_url"), "https://example.org/?a=1&b=2");
  EXPECT_EQ(base::text_at(feed, "/items/0/language"), "en");
}

TEST(FeedFormat, WritesEmptyFeeds) {
  EXPECT_NE(to_rss(channel, {}).find("</rss>"), std::string::npos);
  EXPECT_NE(to_atom(channel, {}).find("</feed>"), std::string::npos);
  EXPECT_TRUE(json::parse(to_json_feed(channel, {})).at("items").as_array().empty());
}

}  // namespace
}  // namespace networks::feed
