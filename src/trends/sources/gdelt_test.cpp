// GDELT against a server that speaks its API.
#include "base/json.h"
#include "trends/sources/doubles/answers.h"
#include "trends/sources/doubles/collector.h"
#include "trends/sources/gdelt_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace doubles;
using testing::ElementsAre;
using testing::HasSubstr;

const base::Instant now = *base::parse_rfc3339("2026-11-23T12:00:00Z");

json::object article(std::string url, std::string date, std::string title = "Bridge closed") {
  return {{"url", url},        {"title", title},        {"seendate", date},
          {"domain", "n.org"}, {"language", "Spanish"}, {"sourcecountry", "Spain"}};
}

TEST(GdeltItems, AreHeadlinesOfSites) {
  const Batch batch = read_articles(
      json::object{{"articles", json::array{article("https://n.org/2", "20261123T114500Z"),
                                            article("https://n.org/1", "20261123T113000Z")}}},
      now);
  ASSERT_EQ(batch.mentions.size(), 2U);
  EXPECT_EQ(batch.mentions[0].id, "https://n.org/1");
  EXPECT_EQ(batch.mentions[0].author, "n.org");
  EXPECT_EQ(batch.mentions[0].text, "Bridge closed");
  EXPECT_EQ(batch.mentions[0].language, "es");
  EXPECT_EQ(batch.mentions[1].at, *base::parse_rfc3339("2026-11-23T11:45:00Z"));
  EXPECT_THAT(batch.mentions[1].links, ElementsAre("https://n.org/2"));
}

TEST(GdeltItems, SurviveAnything) {
  const Batch batch = read_articles(
      json::object{
          {"articles", json::array{json::value(5), json::object{}, article("", "20261123T114500Z"),
                                   article("https://n.org/x", "yesterday"),
                                   article("https://n.org/x", "2026112xT114500Z"),
                                   article("https://n.org/y", "20261123T114500Z", "")}}},
      now);
  EXPECT_TRUE(batch.mentions.empty());
  EXPECT_EQ(batch.rejected, 6);
  EXPECT_TRUE(read_articles(json::object{}, now).mentions.empty()) << "nothing fits";
  EXPECT_THROW(read_articles(json::array{}, now), base::Unavailable);
  EXPECT_THROW(read_articles(json::object{{"articles", 5}}, now), base::Unavailable);
}

io::Task<> reads() {
  const auto executor = co_await boost::asio::this_coro::executor;
  int asked = 0;
  http::Router router;
  router.get("/doc", handle([&](const Request& request) {
               const auto is = [&](std::string_view name, std::string_view value) {
                 return request.query.get(name).value_or("") == value;
               };
               // The real one refuses what it does not know, in words.
               if (!is("query", "\"harbour\" sourcelang:english") || !is("mode", "artlist") ||
                   !is("format", "json") || !is("timespan", "30min")) {
                 return http::text_response("The specified query was invalid.");
               }
               ++asked;
               return json_text(json::serialize(json::object{
                   {"articles", json::array{article("https://n.org/1", "20261123T114500Z")}}}));
             }));
  LocalServer server(executor, std::move(router));
  Collector collector(executor);
  Reader reader(executor, "gdelt",
                {{"query", "\"harbour\" sourcelang:english"}, {"api", server.url("/doc")}}, "",
                collector);
  co_await collector.until([&] { return collector.mentions.size() == 1; });
  reader.wake();
  co_await collector.until([&] { return collector.mentions.size() == 2; });
  EXPECT_EQ(asked, 2);
  co_await reader.stop();
  Collector wrong(executor);
  Reader other(executor, "gdelt", {{"query", "x y z"}, {"api", server.url("/doc")}}, "", wrong);
  co_await wrong.until([&] { return !wrong.failure.empty(); });
  EXPECT_THAT(wrong.failure, HasSubstr("not JSON"));
  co_await other.stop();
  co_await server.stop();
}

TEST(Gdelt, ReadsArticlesAndSaysWhenItIsRefused) { doubles::run(reads); }

}  // namespace
}  // namespace trends
