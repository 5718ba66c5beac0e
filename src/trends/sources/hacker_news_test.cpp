// Hacker News against a server that speaks its API.
#include "trends/sources/doubles/answers.h"
#include "trends/sources/doubles/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace doubles;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::string item(std::int64_t id) {
  return fmt::format(
      R"({{"id":{},"type":"comment","by":"u{}","time":1700000000,"text":"text {}"}})", id, id, id);
}

struct HackerNewsServer {
  std::int64_t newest = 100;
  std::set<std::int64_t> missing = {};
  int in_flight_max = 0;
  std::vector<std::int64_t> asked = {};

  http::Router router() {
    http::Router router;
    router.get("/v0/maxitem.json",
               handle([this](const Request&) { return json_text(fmt::format("{}", newest)); }));
    router.get("/v0/newstories.json", handle([](const Request&) { return json_text("[99,98]"); }));
    router.get("/v0/item/{file}", handle([this](const Request& request) {
                 const auto id = std::stoll(request.param("file"));
                 asked.push_back(id);
                 return json_text(missing.contains(id) ? "null" : item(id));
               }));
    return router;
  }
};

io::Task<> walks() {
  const auto executor = co_await boost::asio::this_coro::executor;
  HackerNewsServer news;
  LocalServer server(executor, news.router());
  Collector collector(executor);
  Reader reader(executor, "hacker_news", {{"base_url", server.url("/v0")}, {"every", "5s"}}, "",
                collector);
  co_await collector.until([&] { return collector.cursor == "100"; });
  EXPECT_THAT(collector.ids(), UnorderedElementsAre("98", "99"));
  news.newest = 300;
  reader.wake();
  co_await collector.until([&] { return collector.cursor == "300"; });
  EXPECT_EQ(collector.mentions.size(), 202u);
  co_await reader.stop();
  // Another reader goes on from there: nothing twice.
  news.newest = 302;
  Collector second(executor);
  Reader next(executor, "hacker_news", {{"base_url", server.url("/v0/")}}, "300", second);
  co_await second.until([&] { return second.cursor == "302"; });
  EXPECT_THAT(second.ids(), ElementsAre("301", "302"));
  co_await next.stop();
  co_await server.stop();
}

TEST(HackerNews, WalksFromItsCursor) { doubles::run(walks); }

io::Task<> waits_for_items() {
  const auto executor = co_await boost::asio::this_coro::executor;
  HackerNewsServer news{.newest = 105, .missing = {103}};
  LocalServer server(executor, news.router());
  Collector collector(executor);
  Reader reader(executor, "hacker_news", {{"base_url", server.url("/v0")}, {"every", "5s"}}, "100",
                collector);
  co_await collector.until([&] { return collector.cursor == "102"; });
  EXPECT_THAT(collector.ids(), ElementsAre("101", "102"));
  news.missing.clear();
  reader.wake();
  co_await collector.until([&] { return collector.cursor == "105"; });
  EXPECT_THAT(collector.ids(), ElementsAre("101", "102", "103", "104", "105"));
  // One that never comes holds the walk up only for some rounds.
  news.newest = 107;
  news.missing = {106};
  for (int round = 0; round < 6; ++round) {
    reader.wake();
    const auto before = news.asked.size();
    co_await collector.until(
        [&] { return news.asked.size() > before || collector.cursor == "107"; });
  }
  co_await collector.until([&] { return collector.cursor == "107"; });
  co_await reader.stop();
  co_await server.stop();
}

TEST(HackerNews, WaitsForItemsThatAreNotThereYet) { doubles::run(waits_for_items); }

io::Task<> hostile_news(std::string maxitem, std::string expected) {
  const auto executor = co_await boost::asio::this_coro::executor;
  http::Router router;
  router.get("/maxitem.json", handle([maxitem](const Request&) { return json_text(maxitem); }));
  router.get("/newstories.json",
             handle([](const Request&) { return json_text(R"({"not":"a list"})"); }));
  LocalServer server(executor, std::move(router));
  Collector collector(executor);
  Reader reader(executor, "hacker_news", {{"base_url", server.url()}}, "", collector);
  co_await collector.until([&] { return !collector.failure.empty(); });
  EXPECT_THAT(collector.failure, HasSubstr(expected));
  co_await reader.stop();
  co_await server.stop();
}

TEST(HackerNews, RefusesNonsense) {
  doubles::run([] { return hostile_news("\"x\"", "newest item"); });
  doubles::run([] { return hostile_news("-5", "newest item"); });
  doubles::run([] { return hostile_news("{", "not JSON"); });
  doubles::run([] { return hostile_news("7", "no list"); });
  doubles::run([] { return hostile_news(std::string(2000, '1'), "127.0.0.1"); });
}

io::Task<> asked_to_wait() {
  const auto executor = co_await boost::asio::this_coro::executor;
  http::Router router;
  router.get("/maxitem.json",
             handle([](const Request&) { return status(429, {{"Retry-After", "120"}}); }));
  LocalServer server(executor, std::move(router));
  Collector collector(executor);
  Reader reader(executor, "hacker_news", {{"base_url", server.url()}}, "", collector);
  co_await collector.until([&] { return !collector.failure.empty(); });
  EXPECT_EQ(collector.asked_to_wait, std::chrono::seconds{120});
  co_await reader.stop();
  co_await server.stop();
}

TEST(HackerNews, ObeysRetryAfter) { doubles::run(asked_to_wait); }

}  // namespace
}  // namespace trends
