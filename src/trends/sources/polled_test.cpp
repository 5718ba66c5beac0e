// The polled sources against servers on this machine that speak their real formats.
#include "trends/sources/doubles/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using doubles::Collector;
using doubles::LocalServer;
using doubles::Reader;
using http::Request;
using http::Response;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

io::Task<Response> answer(Response response) { co_return response; }

Response json_text(std::string body) {
  return http::text_response(std::move(body), "application/json");
}

Response status(int code, std::vector<std::pair<std::string, std::string>> headers = {}) {
  Response response{.status = code};
  for (auto& [name, value] : headers) response.headers.set(name, value);
  return response;
}

http::Handler handle(std::function<Response(const Request&)> make) {
  return [make](Request request) { return answer(make(request)); };
}

// --- Hacker News ---

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

// --- Mastodon ---

std::string status_json(int id) {
  return fmt::format(
      R"({{"id":"{0}","uri":"https://m.example/s/{0}","url":"https://m.example/@a/{0}","created_at":"2026-01-01T00:00:00Z",
      "content":"<p>post {0}</p>","account":{{"acct":"u{0}","url":"https://m.example/@u{0}"}},"tags":[]}})",
      id);
}

struct MastodonServer {
  int newest = 50;
  std::vector<std::string> targets = {};
  std::vector<std::string> tokens = {};
  bool members_only = false;

  http::Router router() {
    http::Router router;
    router.get("/api/v1/timelines/public",
               handle([this](const Request& request) { return timeline(request); }));
    router.get("/api/v1/trends/tags", handle([](const Request&) { return json_text("[]"); }));
    return router;
  }

  Response timeline(const Request& request) {
    targets.push_back(request.target);
    tokens.emplace_back(request.headers.get("Authorization"));
    if (members_only) return status(422);
    const int since = std::stoi(std::string(request.query.get("since_id").value_or("0")));
    const int before = std::stoi(std::string(request.query.get("max_id").value_or("1000000")));
    std::string list;
    int count = 0;
    for (int id = std::min(newest, before - 1); id > since && count < 40; --id, ++count) {
      list += (list.empty() ? "" : ",") + status_json(id);
    }
    return json_text("[" + list + "]");
  }
};

json::object mastodon_settings(const LocalServer& server, std::string lists) {
  return {{"instances", json::array{json::value(server.url())}},
          {"lists", lists},
          {"access_token", "secret-token"},
          {"timeline_every", "10s"}};
}

io::Task<> pages_timeline() {
  const auto executor = co_await boost::asio::this_coro::executor;
  MastodonServer mastodon;
  LocalServer server(executor, mastodon.router());
  Collector collector(executor);
  Reader reader(executor, "mastodon", mastodon_settings(server, "timeline"), "", collector);
  co_await collector.until([&] { return collector.mentions.size() == 40; });
  EXPECT_THAT(mastodon.tokens, ElementsAre("Bearer secret-token"));
  mastodon.newest = 150;
  reader.wake();
  co_await collector.until([&] { return collector.mentions.size() == 140; });
  EXPECT_THAT(collector.ids(), Contains("https://m.example/s/51"));
  EXPECT_THAT(mastodon.targets.at(2), HasSubstr("max_id=111"));
  co_await reader.stop();
  mastodon.newest = 151;
  Collector second(executor);
  Reader next(executor, "mastodon", mastodon_settings(server, "timeline"), collector.cursor,
              second);
  co_await second.until([&] { return second.mentions.size() == 1; });
  EXPECT_THAT(second.ids(), ElementsAre("https://m.example/s/151"));
  co_await next.stop();
  co_await server.stop();
}

TEST(Mastodon, PagesItsTimelineFromWhereItWas) { doubles::run(pages_timeline); }

io::Task<> members_only() {
  const auto executor = co_await boost::asio::this_coro::executor;
  MastodonServer mastodon{.members_only = true};
  LocalServer server(executor, mastodon.router());
  Collector collector(executor);
  Reader reader(executor, "mastodon", mastodon_settings(server, "timeline\ntags"), "", collector);
  co_await collector.until([&] { return !collector.notes.empty(); });
  EXPECT_THAT(collector.notes.at(0), HasSubstr("422"));
  EXPECT_EQ(collector.failure, "");
  co_await reader.stop();
  Collector alone(executor);
  Reader failing(executor, "mastodon", mastodon_settings(server, "timeline"), "", alone);
  co_await alone.until([&] { return !alone.failure.empty(); });
  EXPECT_THAT(alone.failure, HasSubstr("422"));
  EXPECT_THAT(alone.failure, testing::Not(HasSubstr("secret-token")));
  co_await failing.stop();
  co_await server.stop();
}

TEST(Mastodon, ReadsWhatItMay) { doubles::run(members_only); }

io::Task<> rate_limited() {
  const auto executor = co_await boost::asio::this_coro::executor;
  http::Router router;
  const auto reset = base::format_rfc3339(base::SystemClock().now() + std::chrono::seconds{90});
  router.get("/api/v1/trends/tags", handle([reset](const Request&) {
               return status(429, {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", reset}});
             }));
  LocalServer server(executor, std::move(router));
  Collector collector(executor);
  Reader reader(executor, "mastodon", mastodon_settings(server, "tags"), "", collector);
  co_await collector.until([&] { return !collector.failure.empty(); });
  EXPECT_GE(collector.asked_to_wait, std::chrono::seconds{80});
  EXPECT_LE(collector.asked_to_wait, std::chrono::seconds{90});
  co_await reader.stop();
  co_await server.stop();
}

TEST(Mastodon, ObeysItsRateLimit) { doubles::run(rate_limited); }

// --- Feeds ---

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

TEST(SourceSettings, AreChecked) {
  const auto problem = [](std::string_view source, json::object settings) {
    const auto checked = source_by_id(source)->check(
        *networks::check_settings(source_by_id(source)->about().settings, settings));
    return checked.empty() ? std::string() : checked.front().field;
  };
  EXPECT_EQ(problem("feed", {{"urls", json::array{json::value("gopher://x")}}}), "urls");
  EXPECT_EQ(
      problem("feed", {{"urls", json::array{json::value("https://e.org/f")}}, {"every", "soon"}}),
      "every");
  EXPECT_EQ(problem("mastodon", {{"instances", json::array{json::value("m.example\"><b>")}}}),
            "instances");
  EXPECT_EQ(problem("mastodon", {{"lists", json::array{json::value("everything")}}}), "lists");
  EXPECT_EQ(problem("jetstream", {{"endpoints", json::array{json::value("https://e.org")}}}),
            "endpoints");
  EXPECT_EQ(problem("jetstream", {{"version", "3"}}), "version");
  EXPECT_EQ(problem("recording", {{"file", "../x"}}), "file");
  EXPECT_EQ(problem("demonstration", {{"speed", "-1"}}), "speed");
  EXPECT_EQ(problem("demonstration", {}), "");
  for (const auto& source : all_sources()) {
    if (!source->about().on_by_default) continue;
    const auto defaults = networks::check_settings(source->about().settings, {});
    ASSERT_TRUE(defaults) << source->about().id;
    EXPECT_TRUE(source->check(*defaults).empty()) << source->about().id;
  }
}

}  // namespace
}  // namespace trends
