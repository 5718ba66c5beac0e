// Google's feed of trends against a server that speaks it.
#include "trends/sources/doubles/answers.h"
#include "trends/sources/doubles/collector.h"
#include "trends/sources/google_trends_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace doubles;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const base::Instant now = *base::parse_rfc3339("2026-11-23T12:00:00Z");

std::string item(std::string title, std::string traffic,
                 std::string date = "Mon, 23 Nov 2026 03:00:00 -0800") {
  return fmt::format(
      "<item><title>{}</title><ht:approx_traffic>{}</ht:approx_traffic><pubDate>{}</pubDate>"
      "<ht:news_item><ht:news_item_title>He said &amp;quot;yes&amp;quot;</ht:news_item_title>"
      "<ht:news_item_url>https://n.org/1</ht:news_item_url></ht:news_item></item>",
      title, traffic, date);
}

std::string feed(std::string items) {
  return "<?xml version=\"1.0\"?><rss xmlns:ht=\"https://trends.google.com/trending/rss\" "
         "version=\"2.0\"><channel><title>Daily</title>" +
         items + "</channel></rss>";
}

TEST(GoogleTrendsItems, CountWhatGrew) {
  Tally tally;
  const Batch first = read_google_trends(feed(item("eclipse", "5,000+")), "US", now, tally);
  ASSERT_EQ(first.mentions.size(), 1U);
  const Mention& mention = first.mentions[0];
  EXPECT_EQ(mention.text, "eclipse\nHe said \"yes\"");
  EXPECT_EQ(mention.weight, 5);
  EXPECT_EQ(mention.at, *base::parse_rfc3339("2026-11-23T11:00:00Z"));
  EXPECT_EQ(mention.author, "");
  EXPECT_THAT(mention.links, ElementsAre("https://n.org/1"));
  EXPECT_THAT(read_google_trends(feed(item("eclipse", "5000+")), "US", now, tally).mentions,
              IsEmpty());
  const Batch more = read_google_trends(feed(item("eclipse", "20000+")), "US", now, tally);
  ASSERT_EQ(more.mentions.size(), 1U);
  EXPECT_EQ(more.mentions[0].weight, 15);
  EXPECT_EQ(more.mentions[0].at, now);
  EXPECT_NE(more.mentions[0].id, mention.id);
  const Batch other = read_google_trends(feed(item("eclipse", "20000+")), "DE", now, tally);
  EXPECT_EQ(other.mentions.size(), 1U) << "of another region";
  Tally much;
  EXPECT_EQ(
      read_google_trends(feed(item("x", "99999999999+")), "US", now, much).mentions.at(0).weight,
      500);
}

TEST(GoogleTrendsItems, SurviveAnything) {
  Tally tally;
  for (const char* wrong : {"", "{}", "<html></html>", "<rss></rss>", "<rss><channel>"}) {
    EXPECT_THROW(read_google_trends(wrong, "US", now, tally), base::Unavailable) << wrong;
  }
  const Batch batch =
      read_google_trends(feed(item("", "5000+") + item("x", "many") + item("y", "5000+", "soon") +
                              "<item/>" + item(std::string(300, 'z'), "5000+")),
                         "US", now, tally);
  EXPECT_THAT(batch.mentions, IsEmpty());
  EXPECT_EQ(batch.rejected, 5);
  EXPECT_THAT(read_google_trends(feed(""), "US", now, tally).mentions, IsEmpty());
}

io::Task<> reads() {
  const auto executor = co_await boost::asio::this_coro::executor;
  std::string traffic = "2000+";
  http::Router router;
  router.get("/rss", handle([&](const Request& request) {
               const auto region = request.query.get("geo").value_or("");
               if (region != "US" && region != "DE") return status(400);
               return http::text_response(feed(item("eclipse", traffic)), "application/rss+xml");
             }));
  LocalServer server(executor, std::move(router));
  const json::object settings{{"regions", json::array{"US", "DE"}}, {"feed", server.url("/rss")}};
  Collector collector(executor);
  Reader reader(executor, "google_trends", settings, "garbage", collector);
  co_await collector.until([&] { return collector.batches.size() == 2; });
  EXPECT_EQ(collector.mentions.size(), 2U);
  co_await reader.stop();
  // After a restart only what grew meanwhile is new.
  traffic = "5000+";
  Collector second(executor);
  Reader next(executor, "google_trends", settings, collector.cursor, second);
  co_await second.until([&] { return second.batches.size() == 2; });
  EXPECT_EQ(second.mentions.at(0).weight, 3);
  co_await next.stop();
  co_await server.stop();
}

TEST(GoogleTrends, GoesOnFromItsCursor) { doubles::run(reads); }

}  // namespace
}  // namespace trends
