#include "trends/sources/feed_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const base::Instant now = *base::parse_rfc3339("2026-11-23T12:00:00Z");
const std::string url = "https://news.example.org/feed";

base::Result<ParsedFeed> parse(std::string_view body, std::string_view type = "") {
  return parse_feed(body, type, url, now);
}

std::string rss(std::string_view item) {
  return fmt::format(
      R"(<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>)"
      R"(<title>The News</title><language>en-gb</language><ttl>45</ttl>{}</channel></rss>)",
      item);
}

TEST(FeedItems, ReadsRss2) {
  const auto feed = parse(rss(
      R"(<item><title>A &amp; B rise</title><link>https://news.example.org/1</link><guid>g-1</guid>)"
      R"(<description><![CDATA[<p>One <b>bold</b> word</p><script>x()</script>]]></description>)"
      R"(<pubDate>Mon, 23 Nov 2026 10:30:00 +0100</pubDate><dc:creator>Ann</dc:creator>)"
      R"(<category>Tech</category><category>World News</category></item>)"));
  ASSERT_TRUE(feed) << feed.error().message;
  EXPECT_EQ(feed->title, "The News");
  EXPECT_EQ(feed->every, 45min);
  ASSERT_EQ(feed->mentions.size(), 1u);
  const Mention& mention = feed->mentions[0];
  EXPECT_EQ(mention.id, "news.example.org g-1");
  EXPECT_EQ(mention.author, "news.example.org/Ann");
  EXPECT_EQ(mention.language, "en-gb");
  EXPECT_EQ(mention.at, *base::parse_rfc3339("2026-11-23T09:30:00Z"));
  EXPECT_THAT(mention.text, testing::StartsWith("A & B rise\n"));
  EXPECT_THAT(mention.text, HasSubstr("bold"));
  EXPECT_THAT(mention.text, testing::Not(HasSubstr("x()")));
  EXPECT_THAT(mention.links, ElementsAre("https://news.example.org/1"));
  EXPECT_THAT(mention.tags, ElementsAre("Tech"));
}

TEST(FeedItems, ReadsRss1AndRss091) {
  const auto rdf = parse(
      R"(<rdf:RDF xmlns:rdf="r" xmlns="http://purl.org/rss/1.0/" xmlns:dc="d"><channel rdf:about="c"><title>Old</title></channel>)"
      R"(<item rdf:about="https://e.org/a"><title>First</title><link>https://e.org/a</link><dc:date>2026-11-22T08:00:00Z</dc:date></item></rdf:RDF>)");
  ASSERT_TRUE(rdf);
  ASSERT_EQ(rdf->mentions.size(), 1u);
  EXPECT_EQ(rdf->mentions[0].at, *base::parse_rfc3339("2026-11-22T08:00:00Z"));
  const auto old = parse(
      R"(<rss version="0.91"><channel><item><title>T</title><link>https://e.org/b</link></item></channel></rss>)");
  ASSERT_TRUE(old);
  ASSERT_EQ(old->mentions.size(), 1u);
  EXPECT_EQ(old->mentions[0].id, "news.example.org https://e.org/b");
}

TEST(FeedItems, ReadsAtom) {
  const auto feed = parse(
      R"(<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Blog</title><entry><id>tag:e.org,1</id>)"
      R"(<title type="html">Gr&amp;uuml;n</title><link rel="self" href="https://e.org/self"/><link href="https://e.org/p"/>)"
      R"(<updated>2026-11-20T00:00:00Z</updated><author><name>Ben</name></author><category term="Natur"/>)"
      R"(<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Der <em>Wald</em></p></div></content></entry></feed>)");
  ASSERT_TRUE(feed);
  ASSERT_EQ(feed->mentions.size(), 1u);
  EXPECT_EQ(feed->mentions[0].url, "https://e.org/p");
  EXPECT_EQ(feed->mentions[0].language, "de");
  EXPECT_THAT(feed->mentions[0].text, HasSubstr("Grün"));
  EXPECT_THAT(feed->mentions[0].text, HasSubstr("Wald"));
  EXPECT_THAT(feed->mentions[0].tags, ElementsAre("Natur"));
}

TEST(FeedItems, ReadsJsonFeed) {
  const auto feed = parse(
      R"({"version":"https://jsonfeed.org/version/1.1","title":"J","language":"fr","items":[)"
      R"({"id":7,"url":"https://e.org/7","title":"Sept","content_html":"<p>du <i>texte</i></p>","date_published":"2026-11-23T08:00:00+01:00",)"
      R"("authors":[{"name":"Zoé"}],"tags":["un","deux mots"],"external_url":"https://x.org/"},5,null]})",
      "application/feed+json");
  ASSERT_TRUE(feed);
  ASSERT_EQ(feed->mentions.size(), 1u);
  EXPECT_EQ(feed->rejected, 2);
  EXPECT_EQ(feed->mentions[0].id, "news.example.org 7");
  EXPECT_EQ(feed->mentions[0].at, *base::parse_rfc3339("2026-11-23T07:00:00Z"));
  EXPECT_THAT(feed->mentions[0].links, ElementsAre("https://e.org/7", "https://x.org/"));
  EXPECT_THAT(feed->mentions[0].tags, ElementsAre("un"));
}

TEST(FeedItems, AcceptsBrokenDatesAndNeverTheFuture) {
  for (const char* date : {"Mon, 23 Nov 26 09:00 GMT", "2026-11-23 09:00:00", "2026-11-23",
                           "garbage", "", "Fri, 01 Jan 2999 00:00:00 GMT"}) {
    const auto feed = parse(
        rss(fmt::format("<item><title>x</title><guid>1</guid><pubDate>{}</pubDate></item>", date)));
    ASSERT_TRUE(feed) << date;
    ASSERT_EQ(feed->mentions.size(), 1u);
    EXPECT_LE(feed->mentions[0].at, now) << date;
    EXPECT_GE(feed->mentions[0].at, *base::parse_rfc3339("2026-11-23T00:00:00Z")) << date;
  }
}

TEST(FeedItems, ReadsEncodings) {
  const std::string latin =
      "<?xml version=\"1.0\" "
      "encoding=\"ISO-8859-1\"?><rss><channel><item><title>Caf\xE9</title><guid>1</guid></item></"
      "channel></rss>";
  const std::string undeclared =
      "<rss><channel><item><title>Caf\xE9</title><guid>1</guid></item></channel></rss>";
  const std::string marked =
      "\xEF\xBB\xBF<rss><channel><item><title>Caf\xC3\xA9</title><guid>1</guid></item></channel></"
      "rss>";
  std::string wide = "\xFF\xFE";
  for (const char c : undeclared) wide += std::string{c, '\0'};
  for (const std::string& body : {latin, undeclared, marked, wide}) {
    const auto feed = parse(body);
    ASSERT_TRUE(feed);
    ASSERT_EQ(feed->mentions.size(), 1u);
    EXPECT_EQ(feed->mentions[0].text, "Café");
  }
  const auto russian =
      parse("<rss><channel><item><title>\xEC\xE8\xF0</title><guid>1</guid></item></channel></rss>",
            "text/xml; charset=windows-1251");
  ASSERT_TRUE(russian);
  EXPECT_EQ(russian->mentions.at(0).text, "мир");
}

TEST(FeedItems, DoesNotExpandEntities) {
  std::string bomb = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\">";
  for (int level = 1; level < 10; ++level) {
    bomb += fmt::format("<!ENTITY lol{} \"", level);
    for (int repeat = 0; repeat < 10; ++repeat)
      bomb += fmt::format("&lol{};", level == 1 ? "" : std::to_string(level - 1));
    bomb += "\">";
  }
  bomb +=
      "<!ENTITY file SYSTEM \"file:///etc/passwd\">]><rss><channel><item><title>boom &lol9; "
      "&file;</title><guid>1</guid></item></channel></rss>";
  const auto feed = parse(bomb);
  ASSERT_TRUE(feed);
  ASSERT_EQ(feed->mentions.size(), 1u);
  EXPECT_LT(feed->mentions[0].text.size(), 100u);
  EXPECT_THAT(feed->mentions[0].text, testing::Not(HasSubstr("root:")));
}

TEST(FeedItems, RefusesDeepNesting) {
  std::string deep = "<rss><channel>";
  for (int level = 0; level < 50'000; ++level) deep += "<a>";
  const auto feed = parse(deep);
  ASSERT_FALSE(feed);
  EXPECT_THAT(feed.error().message, HasSubstr("nested"));
  EXPECT_FALSE(parse(R"({"items":)" + std::string(100'000, '[')));
}

TEST(FeedItems, ReadsWhatThereIsOfACutFeed) {
  const auto feed =
      parse("<rss><channel><item><title>whole</title><guid>1</guid></item><item><title>ha");
  ASSERT_TRUE(feed);
  EXPECT_EQ(feed->mentions.at(0).text, "whole");
  EXPECT_GE(feed->rejected, 1);
}

TEST(FeedItems, RefusesWhatIsNoFeed) {
  for (const char* body : {"", "   ", "hello", "<html><body>x</body></html>", "{}",
                           R"({"items":5})", "<", "\xFF\xFE", "{"}) {
    EXPECT_FALSE(parse(body)) << body;
  }
}

TEST(FeedItems, BoundsTheNumberOfItems) {
  std::string items;
  for (int index = 0; index < 2000; ++index)
    items += fmt::format("<item><title>t{0}</title><guid>{0}</guid></item>", index);
  const auto feed = parse(rss(items));
  ASSERT_TRUE(feed);
  EXPECT_EQ(feed->mentions.size(), 500u);
}

TEST(FeedItems, GivesAnItemWithoutIdentityAStableOne) {
  const auto first = parse(rss("<item><title>no identity at all</title></item>"));
  const auto again = parse(rss("<item><title>no identity at all</title></item>"));
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->mentions.at(0).id, again->mentions.at(0).id);
  EXPECT_EQ(parse(rss("<item><link>javascript:alert(1)</link><title>x</title></item>"))
                ->mentions.at(0)
                .url,
            "");
}

}  // namespace
}  // namespace trends
