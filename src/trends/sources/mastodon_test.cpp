// Mastodon against a server that speaks its API.
#include "trends/sources/doubles/answers.h"
#include "trends/sources/doubles/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace doubles;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

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

}  // namespace
}  // namespace trends
