#include "topics/lists.h"

#include "base/json.h"
#include "db/testing.h"
#include "topics/routes.h"
#include "topics/watching.h"
#include "trends/trend_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace topics {
namespace {

using accounts::Role;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

const base::Instant noon = *base::parse_rfc3339("2026-11-23T12:30:00Z");

struct Home {
  Home(io::Executor executor, db::Database& opened)
      : database(opened), board(executor, opened, clock), services(opened, clock, board) {
    services.public_url = "https://our.example";
    bind(router, services);
  }

  io::Task<> furnish() {
    for (const auto& workspace : {ours, theirs}) {
      co_await database.execute(
          "INSERT INTO workspaces (id, name, time_zone, created_at, updated_at)"
          " VALUES ($1, 'W', 'UTC', 0, 0)",
          {workspace});
    }
  }

  io::Task<http::Response> ask(std::string method, std::string path, std::string body = "",
                               Role role = Role::editor) {
    http::Request request{.method = std::move(method), .target = path, .path = path};
    request.headers.set("Content-Type", "application/json");
    request.body = std::move(body);
    accounts::attach(request, {.user = base::UserId::make(), .workspace = asking, .role = role});
    return router.handle(std::move(request));
  }
  io::Task<json::value> make(std::string body) {
    auto made = co_await ask("POST", "/api/watch-lists", std::move(body));
    EXPECT_EQ(made.status, 201) << made.body;
    co_return *base::parse_json(made.body);
  }

  // One list of trends, as the automation role writes it.
  io::Task<> rise(std::vector<std::string> labels) {
    trends::TrendStore store(database);
    const trends::Lane lane{.name = "live", .at = clock.now(), .event_at = clock.now()};
    EXPECT_TRUE(co_await store.open_lane(lane, 1, false));
    std::vector<trends::Trend> list;
    double score = 10;
    for (const std::string& label : labels) {
      list.push_back({.id = label, .topic = label, .label = label, .score = score--});
      list.back().explanation = "It rose.";
    }
    trends::StoryBook known;
    EXPECT_TRUE(co_await store.write(lane, 1, std::move(list), known));
    board.changed();
  }

  db::Database& database;
  base::VirtualClock clock{noon};
  trends::Board board;
  Services services;
  http::Router router;
  base::WorkspaceId ours = base::WorkspaceId::make();
  base::WorkspaceId theirs = base::WorkspaceId::make();
  base::WorkspaceId asking = ours;
};

class ListsTest : public ::testing::TestWithParam<db::Dialect> {
 protected:
  static io::Task<> at_home(db::Database& database, io::Task<> (*body)(Home&)) {
    Home home(co_await asio::this_coro::executor, database);
    co_await home.furnish();
    co_await body(home);
  }
  void run(io::Task<> (*body)(Home&)) {
    database_.run([body](db::Database& database) { return at_home(database, body); });
  }
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, ListsTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(ListsTest, AreMadeChangedAndRemovedWithinTheirWorkspace) {
  run([](Home& home) -> io::Task<> {
    const auto made = co_await home.make(R"({"name":"Us","keywords":["Apple event"]})");
    const std::string path = "/api/watch-lists/" + base::text_at(made, "/id");
    auto changed = co_await home.ask(
        "PUT", path, R"({"name":"Us","keywords":["apple"],"languages":["en"],"version":1})");
    EXPECT_EQ(changed.status, 200) << changed.body;
    EXPECT_EQ(base::integer_at(*base::parse_json(changed.body), "/version"), 2);
    auto late = co_await home.ask("PUT", path, R"({"name":"X","keywords":["b c"],"version":1})");
    EXPECT_EQ(late.status, 412);
    home.asking = home.theirs;
    EXPECT_EQ((co_await home.ask("GET", path)).status, 404);
    EXPECT_EQ((co_await home.ask("DELETE", path)).status, 404);
    home.asking = home.ours;
    EXPECT_EQ((co_await home.ask("DELETE", path, "", Role::viewer)).status, 403);
    EXPECT_EQ((co_await home.ask("DELETE", path)).status, 204);
  });
}

TEST_P(ListsTest, MentionsAreCountedAndSomeKept) {
  run([](Home& home) -> io::Task<> {
    const auto made = co_await home.make(R"({"name":"Us","keywords":["apple"]})");
    const std::string id = base::text_at(made, "/id");
    Watching watching(home.services.lists);
    co_await watching.turn();
    std::vector<trends::Mention> mentions;
    for (int n = 0; n < 20; ++n) {
      mentions.push_back(
          {.id = std::to_string(n), .at = noon, .author = "a", .text = n % 2 ? "apple" : "pear"});
    }
    watching.see("jetstream", mentions, false);
    watching.see("feed", mentions, true);
    co_await watching.turn();
    // The same items again, as a feed that is read again brings them.
    watching.see("feed", mentions, true);
    co_await watching.turn();
    const auto list = co_await home.services.lists.get(home.ours, id);
    EXPECT_EQ(list->mentions_hour, 30);
    const auto samples = co_await home.services.lists.samples(id, 100);
    EXPECT_EQ(samples.size(), 13U) << "three of the stream, and each item once";
    EXPECT_EQ((co_await home.services.lists.items_since(id, noon)).size(), 10U);
    home.clock.advance(std::chrono::days{8});
    co_await home.services.lists.prune();
    EXPECT_TRUE((co_await home.services.lists.samples(id, 100)).empty());
  });
}

TEST_P(ListsTest, TheMatcherIsMadeAnewOnlyWhenAListChanges) {
  run([](Home& home) -> io::Task<> {
    co_await home.make(R"({"name":"Us","keywords":["apple"]})");
    const auto first = co_await home.services.lists.matcher();
    home.clock.advance(5s);
    EXPECT_EQ(co_await home.services.lists.matcher(), first);
    Lists other(home.database, home.clock);  // of another process
    co_await other.add(home.theirs, {.name = "B", .interest = {.keywords = {"pear"}}});
    home.clock.advance(5s);
    const auto second = co_await home.services.lists.matcher();
    EXPECT_NE(second, first);
    EXPECT_EQ(second->lists().size(), 2U);
  });
}

TEST_P(ListsTest, ATrialSaysWhatFitsAndWhatWouldHaveLately) {
  run([](Home& home) -> io::Task<> {
    co_await home.rise({"#AppleEvent", "weather"});
    auto answer = co_await home.ask("POST", "/api/watch-lists/test",
                                    R"({"watch_list":{"keywords":["appleevent"],"exclude":["pie"]},
                                        "text":"an #AppleEvent with pie"})");
    EXPECT_EQ(answer.status, 200) << answer.body;
    const json::value body = *base::parse_json(answer.body);
    EXPECT_FALSE(base::boolean_at(body, "/matches"));
    EXPECT_EQ(base::text_at(body, "/excluded_by"), "pie");
    EXPECT_EQ(base::text_at(body, "/trends/0/label"), "#AppleEvent");
    EXPECT_EQ(base::find(body, "/trends/1"), nullptr);
    auto wrong = co_await home.ask("POST", "/api/watch-lists/test",
                                   R"({"watch_list":{"patterns":["a("]},"text":"x"})");
    EXPECT_EQ(wrong.status, 422);
    EXPECT_THAT(wrong.body, HasSubstr("watch_list.patterns[0]"));
  });
}

TEST_P(ListsTest, TrendsAreRankedByRelevance) {
  run([](Home& home) -> io::Task<> {
    const auto made = co_await home.make(R"({"name":"Us","keywords":["weather"]})");
    co_await home.rise({"#AppleEvent", "weather"});
    auto rating = co_await home.services.rating(home.ours, base::text_at(made, "/id"));
    const json::value list = *base::parse_json(co_await home.board.list({}, std::move(*rating)));
    EXPECT_EQ(base::text_at(list, "/items/0/label"), "weather");
    EXPECT_EQ(base::find(list, "/items/1"), nullptr);
    EXPECT_FALSE(co_await home.services.rating(home.theirs, base::text_at(made, "/id")));
  });
}

TEST_P(ListsTest, TheFeedIsForThoseWhoHaveItsAddress) {
  run([](Home& home) -> io::Task<> {
    const auto made = co_await home.make(R"({"name":"<Us>","keywords":["weather"]})");
    const std::string id = base::text_at(made, "/id");
    co_await home.rise({"#AppleEvent", "weather"});
    const auto path_of = [](const json::value& list) {
      return base::text_at(list, "/feed_url").substr(std::string("https://our.example").size());
    };
    auto feed = co_await home.ask("GET", path_of(made));
    EXPECT_EQ(feed.status, 200);
    EXPECT_THAT(feed.body, HasSubstr("<title>weather</title>"));
    EXPECT_THAT(feed.body, HasSubstr("Rising: &lt;Us&gt;"));
    EXPECT_THAT(feed.body, Not(HasSubstr("AppleEvent")));
    co_await home.ask("POST", "/api/watch-lists/" + id + "/feed", "{}");
    EXPECT_EQ((co_await home.ask("GET", path_of(made))).status, 404);
  });
}

}  // namespace
}  // namespace topics
