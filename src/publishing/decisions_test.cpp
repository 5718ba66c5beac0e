#include "publishing/decisions.h"

#include "db/testing.h"
#include "posts/store.h"
#include "publishing/feed.h"
#include "publishing/scaling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace publishing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using S = TargetState;

const base::Instant noon = *base::parse_rfc3339("2026-11-23T12:00:00Z");

struct Home {
  explicit Home(db::Database& opened) : database(opened) {}

  // A post with one target in a state, due at noon.
  io::Task<base::TargetId> target(S state) {
    posts::PostInput input{.parts = {{.text = "Hello", .media = {}}},
                           .variants = {{.account = account, .parts = {}}},
                           .when = {.type = posts::WhenType::at, .at = noon}};
    post = base::PostId::make();
    auto tx = co_await database.begin();
    co_await posts::insert_post(*tx,
                                {.id = post,
                                 .workspace = who.workspace,
                                 .author = who.user,
                                 .input = input,
                                 .due_at = noon,
                                 .time_zone = "UTC"},
                                noon);
    auto ids = co_await posts::write_targets(
        *tx, post, who.workspace,
        {{.account = account, .network = "scripted", .state = S::scheduled, .due_at = noon}}, {},
        {}, {}, noon);
    co_await tx->commit();
    co_await database.execute("UPDATE targets SET state = $2 WHERE id = $1",
                              {ids.at(0), posts::to_string(state)});
    co_return ids.at(0);
  }

  db::Database& database;
  base::VirtualClock clock{noon};
  accounts::Principal who{.user = base::UserId::make(),
                          .workspace = base::WorkspaceId::make(),
                          .role = accounts::Role::editor,
                          .time_zone = "UTC"};
  base::AccountId account = base::AccountId::make();
  base::PostId post;
};

class PublishingTest : public ::testing::TestWithParam<db::Dialect> {
 protected:
  void run(io::Task<> (*body)(Home&)) {
    database_.run([body](db::Database& database) { return at_home(database, body); });
  }
  static io::Task<> at_home(db::Database& database, io::Task<> (*body)(Home&)) {
    Home home(database);
    co_await body(home);
  }
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, PublishingTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(PublishingTest, APersonDecidesOnceAndOnlyWhereAsked) {
  run([](Home& home) -> io::Task<> {
    int woken = 0;
    Decisions decisions(home.database, home.clock,
                        {.changed = {}, .due_soon = [&woken] { ++woken; }});
    const std::vector<std::pair<Decision, std::string>> cases = {
        {Decision::it_was_published, "published"},
        {Decision::send_again, "scheduled"},
        {Decision::give_up, "cancelled"}};
    for (const auto& [decision, state] : cases) {
      auto target = co_await home.target(S::needs_decision);
      auto stranger = home.who;
      stranger.workspace = base::WorkspaceId::make();
      EXPECT_EQ((co_await decisions.decide(stranger, home.post, target, decision)).error().status,
                404);
      EXPECT_TRUE((co_await decisions.decide(home.who, home.post, target, decision)).has_value());
      auto rows = co_await home.database.execute(
          "SELECT state, too_late, ready_at FROM targets WHERE id = $1", {target});
      EXPECT_EQ(rows[0]["state"].text(), state);
      EXPECT_EQ((co_await decisions.decide(home.who, home.post, target, Decision::give_up))
                    .error()
                    .status,
                409);
    }
    EXPECT_EQ(woken, 1);
    auto sending = co_await home.target(S::sending);
    EXPECT_EQ((co_await decisions.decide(home.who, home.post, sending, Decision::send_again))
                  .error()
                  .status,
              409);
  });
}

TEST_P(PublishingTest, AFeedHoldsEachItemOnceAndIsServedWell) {
  run([](Home& home) -> io::Task<> {
    co_await home.database.execute(
        "INSERT INTO workspaces (id, name, time_zone, approval_required, created_at, updated_at)"
        " VALUES ($1, 'Ours', 'UTC', 0, 0, 0)",
        {home.who.workspace});
    co_await home.database.execute(
        "INSERT INTO accounts (id, workspace_id, network, remote_id, handle, display_name, url,"
        " avatar_url, state, state_reason, details, credentials, created_at, updated_at, check_at)"
        " VALUES ($1, $2, 'feed', 'f', 'News', 'News & <more>', '', '', 'connected', '',"
        R"( '{"description":"All of it"}', '', $3, $3, 0))",
        {home.account, home.who.workspace, noon});
    FeedStore feeds(home.database, home.clock);
    const json::object item{{"id", "k1"},
                            {"title", "A <b> & co"},
                            {"text", "Hello ]]> world"},
                            {"language", "en"},
                            {"published_at", "2026-11-23T12:00:00Z"}};
    home.clock.advance(1h);
    co_await feeds.put(home.account, "k1", item);
    co_await feeds.put(home.account, "k1", {{"id", "k1"}, {"title", "Other"}});
    EXPECT_TRUE(co_await feeds.contains(home.account, "k1"));
    EXPECT_FALSE(co_await feeds.contains(home.account, "k2"));
    auto feed = co_await feeds.read(home.account);
    EXPECT_EQ(feed->items.size(), 1u);
    EXPECT_EQ(feed->updated_at, noon + 1h);

    http::Router router;
    bind_feeds(router, feeds, "https://our.example/");
    const std::string base = "/feeds/" + home.account.value;
    auto rss = co_await router.handle({.method = "GET", .path = base + "/rss.xml"});
    EXPECT_EQ(rss.status, 200);
    EXPECT_THAT(rss.body, HasSubstr("A &lt;b&gt; &amp; co"));
    EXPECT_THAT(rss.body, Not(HasSubstr("Other")));
    EXPECT_THAT(std::string(rss.headers.get("Content-Type")), HasSubstr("application/rss+xml"));
    EXPECT_EQ(rss.headers.get("Last-Modified"), "Mon, 23 Nov 2026 13:00:00 GMT");
    http::Request again{.method = "GET", .path = base + "/rss.xml"};
    again.headers.set("If-None-Match", std::string(rss.headers.get("ETag")));
    EXPECT_EQ((co_await router.handle(again)).status, 304);
    http::Request since{.method = "GET", .path = base + "/atom.xml"};
    since.headers.set("If-Modified-Since", std::string(rss.headers.get("Last-Modified")));
    EXPECT_EQ((co_await router.handle(since)).status, 304);
    auto feed_json = co_await router.handle({.method = "GET", .path = base + "/feed.json"});
    EXPECT_EQ(json::parse(feed_json.body).at("items").as_array().size(), 1u);
    for (const char* path : {"/feeds/x/rss.xml", "/feeds/not-an-id/feed.json"}) {
      EXPECT_EQ((co_await router.handle({.method = "GET", .path = path})).status, 404);
    }
  });
}

TEST_P(PublishingTest, ScalingSeesBacklogForecastAndWorkers) {
  run([](Home& home) -> io::Task<> {
    for (int i = 0; i < 3; ++i) co_await home.target(S::scheduled);
    co_await home.target(S::sending);
    co_await home.database.execute(
        "INSERT INTO heartbeats (process, role, version, host, started_at, seen_at) VALUES"
        " ('a', 'worker', '1', 'h', $1, $1), ('b', 'worker', '1', 'h', $1, $2),"
        " ('c', 'backend', '1', 'h', $1, $1)",
        {noon, noon - 5min});
    auto now = co_await read_scaling(home.database, home.clock);
    EXPECT_EQ(now.backlog, 4);
    EXPECT_EQ(now.overdue, 0);
    EXPECT_EQ(now.workers, 1);
    home.clock.set(noon + 20s);
    auto late = co_await read_scaling(home.database, home.clock);
    EXPECT_EQ(late.overdue, 3);
    EXPECT_DOUBLE_EQ(late.lateness_seconds, 20);
    home.clock.set(noon - 3min);
    auto early = co_await read_scaling(home.database, home.clock);
    EXPECT_EQ(early.due_next.at(0).targets, 0);
    EXPECT_EQ(early.due_next.at(1).targets, 3);
  });
}

TEST(Advise, CoversBacklogAndTheFullestOfTheComingMinutes) {
  EXPECT_EQ(advise({}), 1);
  EXPECT_EQ(advise({.backlog = 7'000}), 3);
  EXPECT_EQ(advise({.due_next = {{1, 100}, {5, 40'000}}}), 3);
}

}  // namespace
}  // namespace publishing
