// Feeds against a server with all the habits of feeds.
#include "trends/sources/doubles/answers.h"
#include "trends/sources/doubles/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace doubles;
using testing::ElementsAre;
using testing::HasSubstr;

std::string rss(std::string guid) {
  return fmt::format(
      "<rss><channel><title>F</title><item><title>item "
      "{0}</title><guid>{0}</guid></item></channel></rss>",
      guid);
}

json::object feed_settings(std::vector<std::string> urls) {
  json::array list;
  for (auto& url : urls) list.emplace_back(url);
  return {{"urls", std::move(list)}, {"every", "1m"}};
}

io::Task<> conditional() {
  const auto executor = co_await boost::asio::this_coro::executor;
  std::vector<std::string> validators;
  http::Router router;
  router.get("/feed", handle([&](const Request& request) {
               validators.emplace_back(request.headers.get("If-None-Match"));
               if (validators.back() == "\"v1\"") return status(304);
               auto response = http::text_response(rss("a"), "application/rss+xml");
               response.headers.set("ETag", "\"v1\"");
               return response;
             }));
  LocalServer server(executor, std::move(router));
  Collector collector(executor);
  Reader reader(executor, "feed", feed_settings({server.url("/feed")}), "", collector);
  co_await collector.until([&] { return collector.mentions.size() == 1; });
  reader.wake();
  co_await collector.until([&] { return validators.size() == 2; });
  co_await reader.stop();
  Collector second(executor);
  Reader next(executor, "feed", feed_settings({server.url("/feed")}), collector.cursor, second);
  co_await second.until([&] { return second.connections == 1; });
  EXPECT_THAT(validators, ElementsAre("", "\"v1\"", "\"v1\""));
  EXPECT_TRUE(second.mentions.empty());
  co_await next.stop();
  co_await server.stop();
}

TEST(Feed, AsksConditionally) { doubles::run(conditional); }

io::Task<> redirects() {
  const auto executor = co_await boost::asio::this_coro::executor;
  std::vector<std::string> asked;
  http::Router router;
  const auto log = [&](Response response) {
    return handle([&asked, response](const Request& request) {
      asked.push_back(request.path);
      return response;
    });
  };
  router.get("/old", log(status(301, {{"Location", "/moved"}})));
  router.get("/moved", log(http::text_response(rss("m"))));
  router.get("/loop", log(status(302, {{"Location", "/loop"}})));
  router.get("/gone", log(status(410)));
  router.get("/file", log(status(302, {{"Location", "file:///etc/passwd"}})));
  LocalServer server(executor, std::move(router));
  Collector collector(executor);
  Reader reader(executor, "feed",
                feed_settings({server.url("/old"), server.url("/loop"), server.url("/gone"),
                               server.url("/file")}),
                "", collector);
  co_await collector.until([&] { return !collector.notes.empty(); });
  EXPECT_THAT(collector.notes.at(0), HasSubstr("circles"));
  EXPECT_THAT(collector.notes.at(0), HasSubstr("gone"));
  EXPECT_THAT(collector.notes.at(0), HasSubstr("not a web address"));
  EXPECT_EQ(collector.mentions.size(), 1u);
  co_await reader.stop();
  asked.clear();
  Collector second(executor);
  Reader next(executor, "feed", feed_settings({server.url("/old"), server.url("/gone")}),
              collector.cursor, second);
  co_await second.until([&] { return second.mentions.size() == 1; });
  EXPECT_THAT(asked, ElementsAre("/moved"));  // the move is remembered, the dead feed left alone
  co_await next.stop();
  co_await server.stop();
}

TEST(Feed, RemembersMovesAndLeavesTheDeadAlone) { doubles::run(redirects); }

io::Task<> endless_body(std::shared_ptr<http::BodyWriter> writer) {
  for (;;) co_await writer->write(std::string(64 * 1024, 'x'));
}

io::Task<> endless() {
  const auto executor = co_await boost::asio::this_coro::executor;
  http::Router router;
  router.get("/endless", handle([](const Request&) {
               Response response;
               response.stream = endless_body;
               return response;
             }));
  LocalServer server(executor, std::move(router));
  Collector collector(executor);
  Reader reader(executor, "feed", feed_settings({server.url("/endless")}), "", collector);
  co_await collector.until([&] { return !collector.failure.empty(); });
  EXPECT_THAT(collector.failure, HasSubstr("127.0.0.1"));
  co_await reader.stop();
  co_await server.stop();
}

TEST(Feed, EndsAnEndlessBody) { doubles::run(endless); }

io::Task<> survives_cursor_garbage() {
  const auto executor = co_await boost::asio::this_coro::executor;
  http::Router router;
  router.get("/feed", handle([](const Request&) { return http::text_response(rss("a")); }));
  LocalServer server(executor, std::move(router));
  const auto url = server.url("/feed");
  for (const std::string& cursor :
       {std::string("{"), std::string("[]"), std::string("null"),
        fmt::format(R"({{"{}":{{"address":"file:///etc/passwd","etag":7,"gone":"yes"}}}})", url),
        fmt::format(R"({{"{}":5}})", url)}) {
    Collector collector(executor);
    Reader reader(executor, "feed", feed_settings({url}), cursor, collector);
    co_await collector.until([&] { return collector.mentions.size() == 1; });
    co_await reader.stop();
  }
  co_await server.stop();
}

TEST(Feed, SurvivesGarbageInItsCursor) { doubles::run(survives_cursor_garbage); }

}  // namespace
}  // namespace trends
