#include "trends/runner.h"

#include "db/testing.h"
#include "trends/sources/doubles/collector.h"
#include "trends/sources/doubles/websocket_double.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace std::chrono_literals;
using doubles::LocalServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

// A Hacker News of comments with the ids 1..newest.
struct News {
  std::int64_t newest = 10;
  int refuse_with = 0;
  http::Headers refusal_headers = {};
  int asked = 0;

  http::Router router() {
    http::Router router;
    router.get("/maxitem.json", [this](http::Request) { return maxitem(); });
    router.get("/newstories.json", [](http::Request) { return empty_list(); });
    router.get("/item/{file}", [](http::Request request) { return item(std::move(request)); });
    return router;
  }

  io::Task<http::Response> maxitem() {
    ++asked;
    if (refuse_with != 0)
      co_return http::Response{.status = refuse_with, .headers = refusal_headers};
    co_return http::text_response(fmt::format("{}", newest), "application/json");
  }
  static io::Task<http::Response> empty_list() { co_return http::text_response("[]"); }
  static io::Task<http::Response> item(http::Request request) {
    const auto id = std::stoll(request.param("file"));
    co_return http::text_response(
        fmt::format(R"({{"id":{},"type":"comment","by":"u","time":1700000000,"text":"t"}})", id));
  }
};

const base::Vault& vault() {
  static const auto made = base::Vault::parse(base::Vault::make_key());
  return *made;
}

// What one process has.
struct Process {
  Process(io::Executor executor, db::Database& of, base::Clock& of_all, std::string name)
      : database(of),
        clock(of_all),
        leases(of, of_all, std::move(name)),
        store(of, of_all, vault()),
        http(http::make_curl_client(executor, {.addresses = http::AddressPolicy::allow_all()})),
        arrived(executor),
        runner(executor, store, leases, of_all, {.http = http.get(), .clock = &clock},
               {.backoff_min = 10ms, .backoff_max = 50ms},
               [this](Delivery delivery) { return consume(std::move(delivery)); }) {}

  io::Task<> consume(Delivery delivery) {
    while (blocked) co_await arrived.wait_for(10ms);
    for (const Mention& mention : delivery.mentions) ids.push_back(std::stoll(mention.id));
    delivery.counted();
    arrived.notify();
  }

  io::Task<> save() { co_await store.save_standings(database, runner.standings()); }

  // Looks until the condition holds.
  io::Task<> until(std::function<bool()> condition) {
    for (int turn = 0; turn < 1000 && !condition(); ++turn) {
      co_await runner.look();
      co_await arrived.wait_for(10ms);
    }
    EXPECT_TRUE(condition()) << "waited in vain, " << ids.size() << " ids";
  }

  db::Database& database;
  base::Clock& clock;
  jobs::Leases leases;
  SourceStore store;
  std::unique_ptr<http::Client> http;
  io::Event arrived;
  std::vector<std::int64_t> ids;
  bool blocked = false;
  Runner runner;
};

std::vector<std::int64_t> numbers(std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> all;
  for (auto number = from; number <= to; ++number) all.push_back(number);
  return all;
}

class RunnerTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase test_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, RunnerTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

json::object settings_for(const LocalServer& server) {
  return {{"base_url", server.url()}, {"every", "5s"}};
}

io::Task<> hand_over(db::Database& database) {
  const auto executor = co_await boost::asio::this_coro::executor;
  base::VirtualClock clock(base::SystemClock().now());
  News news;
  LocalServer server(executor, news.router());
  Process first(executor, database, clock, "first");
  Process second(executor, database, clock, "second");
  const auto source = co_await first.store.add("hacker_news", settings_for(server), true);
  EXPECT_TRUE(source.has_value());
  co_await first.until([&] { return first.runner.reading() == 1 && news.asked > 0; });
  co_await second.runner.look();
  EXPECT_EQ(second.runner.reading(), 0u);

  news.newest = 30;
  co_await first.store.ask_to_fetch();
  co_await first.until([&] { return first.ids.size() == 20; });
  co_await first.save();
  // What comes after the save is counted by the first, whose state dies with it: the second counts
  // it again.
  news.newest = 40;
  clock.advance(1s);
  co_await first.store.ask_to_fetch();
  co_await first.until([&] { return first.ids.size() == 30; });

  clock.advance(16s);  // the first is silent for longer than its lease
  co_await second.until([&] { return second.ids.size() == 10; });
  EXPECT_THAT(second.ids, UnorderedElementsAreArray(numbers(31, 40)));
  const auto before = co_await second.store.find(source->row.id);
  co_await first.save();  // fenced off: must not move what the second goes on from
  co_await first.runner.look();
  EXPECT_EQ(first.runner.reading(), 0u);
  co_await second.save();
  const auto cursor = co_await second.store.begin(source->row.id, 100);
  EXPECT_EQ(cursor, "40");
  co_await first.runner.stop();
  co_await second.runner.stop();
  co_await second.runner.release();
  co_await server.stop();
}

TEST_P(RunnerTest, HandsALeaseOverWithoutLossOrDouble) { test_.run(hand_over); }

io::Task<> graceful(db::Database& database) {
  const auto executor = co_await boost::asio::this_coro::executor;
  base::VirtualClock clock(base::SystemClock().now());
  News news;
  LocalServer server(executor, news.router());
  Process first(executor, database, clock, "first");
  Process second(executor, database, clock, "second");
  EXPECT_TRUE((co_await first.store.add("hacker_news", settings_for(server), true)).has_value());
  co_await first.until([&] { return news.asked > 0; });
  news.newest = 20;
  co_await first.store.ask_to_fetch();
  co_await first.until([&] { return first.ids.size() == 10; });
  co_await first.runner.stop();
  co_await first.save();
  co_await first.runner.release();
  news.newest = 25;
  co_await second.until([&] { return second.ids.size() == 5; });  // at once: no lease to wait for
  EXPECT_THAT(second.ids, UnorderedElementsAreArray(numbers(21, 25)));
  co_await second.runner.stop();
  co_await second.runner.release();
  co_await server.stop();
}

TEST_P(RunnerTest, GivesItsLeasesBack) { test_.run(graceful); }

io::Task<> follows_changes(db::Database& database) {
  const auto executor = co_await boost::asio::this_coro::executor;
  base::VirtualClock clock(base::SystemClock().now());
  News news;
  LocalServer server(executor, news.router());
  Process process(executor, database, clock, "p");
  const auto added = co_await process.store.add("hacker_news", settings_for(server), false);
  EXPECT_TRUE(added.has_value());
  co_await process.runner.look();
  EXPECT_EQ(process.runner.reading(), 0u);
  EXPECT_TRUE((co_await process.store.change(added->row.id, {.enabled = true})).has_value());
  co_await process.until([&] { return process.runner.reading() == 1 && news.asked > 0; });
  const int asked = news.asked;
  EXPECT_TRUE(
      (co_await process.store.change(added->row.id, {.settings = json::object{{"every", "6s"}}}))
          .has_value());
  co_await process.until([&] { return news.asked > asked; });  // begun anew with the new settings
  EXPECT_TRUE((co_await process.store.remove(added->row.id)).has_value());
  co_await process.runner.look();
  EXPECT_EQ(process.runner.reading(), 0u);
  EXPECT_FALSE((co_await process.store.remove(added->row.id)).has_value());
  co_await process.runner.stop();
  co_await process.runner.release();
  co_await server.stop();
}

TEST_P(RunnerTest, FollowsWhatThePageChanges) { test_.run(follows_changes); }

io::Task<> tells_failures(db::Database& database) {
  const auto executor = co_await boost::asio::this_coro::executor;
  base::VirtualClock clock(base::SystemClock().now());
  News news{.refuse_with = 500};
  LocalServer server(executor, news.router());
  Process process(executor, database, clock, "p");
  const auto added = co_await process.store.add("hacker_news", settings_for(server), true);
  co_await process.until([&] { return news.asked >= 3; });  // tries again by itself
  co_await process.runner.look();
  auto view = co_await process.store.find(added->row.id);
  EXPECT_EQ(view->status->state, SourceState::failing);
  EXPECT_THAT(view->status->message, HasSubstr("answered 500"));
  EXPECT_GE(view->status->errors, 2);
  news.refuse_with = 429;
  news.refusal_headers.set("Retry-After", "3600");
  const int asked = news.asked;
  co_await process.until([&] { return news.asked > asked; });
  for (int turn = 0; turn < 100 && view->status->state != SourceState::waiting; ++turn) {
    co_await process.arrived.wait_for(10ms);
    co_await process.runner.look();
    view = co_await process.store.find(added->row.id);
  }
  EXPECT_EQ(view->status->state, SourceState::waiting);
  const int last = news.asked;
  co_await process.store.ask_to_fetch();  // nobody's impatience overrides the server
  co_await process.runner.look();
  co_await process.arrived.wait_for(100ms);
  EXPECT_EQ(news.asked, last);
  co_await process.runner.stop();
  co_await process.runner.release();
  co_await server.stop();
}

TEST_P(RunnerTest, TellsFailuresAndObeysRetryAfter) { test_.run(tells_failures); }

io::Task<> waits_for_consumer(db::Database& database) {
  const auto executor = co_await boost::asio::this_coro::executor;
  base::VirtualClock clock(base::SystemClock().now());
  News news;
  LocalServer server(executor, news.router());
  Process process(executor, database, clock, "p");
  EXPECT_TRUE((co_await process.store.add("hacker_news", settings_for(server), true)).has_value());
  co_await process.until([&] { return news.asked > 0; });
  process.blocked = true;
  news.newest = 1000;
  co_await process.store.ask_to_fetch();
  const int asked = news.asked;
  co_await process.until([&] { return news.asked > asked; });
  co_await process.arrived.wait_for(100ms);
  EXPECT_TRUE(process.ids.empty());
  const auto standing = process.runner.standings();
  EXPECT_EQ(standing.at(0).cursor, "10");  // what is not counted does not move the cursor
  process.blocked = false;
  co_await process.until([&] { return process.ids.size() == 990; });
  EXPECT_EQ(process.runner.standings().at(0).cursor, "1000");
  co_await process.runner.stop();
  co_await process.runner.release();
  co_await server.stop();
}

TEST_P(RunnerTest, WaitsForTheConsumer) { test_.run(waits_for_consumer); }

std::string post_frame(int number, std::int64_t time_us) {
  return fmt::format(
      R"({{"did":"did:plc:{0}","time_us":{1},"kind":"commit","commit":{{"operation":"create","collection":"app.bsky.feed.post","rkey":"r{0}","record":{{"text":"post {0}"}}}}}})",
      number, time_us + number);
}

struct Heard {
  explicit Heard(io::Executor executor) : arrived(executor) {}

  io::Task<> take(Delivery delivery) {
    for (const Mention& mention : delivery.mentions)
      authors[delivery.source].insert(mention.author);
    delivery.counted();
    arrived.notify();
    co_return;
  }
  std::size_t total() const {
    std::size_t sum = 0;
    for (const auto& [part, each] : authors) sum += each.size();
    return sum;
  }

  std::map<std::string, std::set<std::string>> authors;  // by part
  io::Event arrived;
};

io::Task<> divides_a_firehose(db::Database& database) {
  const auto executor = co_await boost::asio::this_coro::executor;
  base::VirtualClock clock(base::SystemClock().now());
  const auto time = base::to_micros(clock.now()) - 60'000'000;
  doubles::WebSocketDouble server(executor, [time](std::string) {
    doubles::WebSocketScript script;
    for (int number = 0; number < 90; ++number) script.frames.push_back(post_frame(number, time));
    return script;
  });
  jobs::Leases leases(database, clock, "p");
  SourceStore store(database, clock, vault());
  const auto added = co_await store.add(
      "jetstream", {{"endpoints", json::array{json::value(server.url())}}}, true);
  EXPECT_TRUE(added.has_value());
  const auto websockets = http::make_websocket_connector(http::AddressPolicy::allow_all(), "test");
  Heard heard(executor);
  Runner runner(executor, store, leases, clock, {.websockets = websockets.get(), .clock = &clock},
                {.parts = 3},
                [&heard](Delivery delivery) { return heard.take(std::move(delivery)); });
  for (int turn = 0; turn < 1000 && heard.total() < 90; ++turn) {
    co_await runner.look();
    co_await heard.arrived.wait_for(10ms);
  }
  EXPECT_EQ(heard.total(), 90U) << "each author in one part";
  EXPECT_EQ(heard.authors.size(), 3U);
  EXPECT_EQ(runner.reading(), 3U);
  for (const auto& [part, each] : heard.authors) {
    EXPECT_THAT(part, HasSubstr(added->row.id + "#"));
    const auto standing = runner.standing(part);
    EXPECT_TRUE(standing.has_value() && !standing->cursor.empty());
  }
  co_await runner.stop();
  co_await runner.release();
  co_await server.stop();
}

TEST_P(RunnerTest, DividesAFirehoseByAuthor) { test_.run(divides_a_firehose); }

io::Task<> defaults(db::Database& database) {
  base::VirtualClock clock(base::SystemClock().now());
  SourceStore store(database, clock, vault());
  const std::vector<std::string> types{"hacker_news", "mastodon", "no_such_source"};
  co_await store.add_defaults(types);
  auto rows = co_await store.list();
  EXPECT_EQ(rows.size(), 2u);
  EXPECT_TRUE((co_await store.remove(rows.at(0).id)).has_value());
  co_await store.add_defaults(types);
  EXPECT_EQ((co_await store.list()).size(), 1u);  // what a person removed stays away
}

TEST_P(RunnerTest, AddsDefaultsOnce) { test_.run(defaults); }

io::Task<> seals(db::Database& database) {
  base::VirtualClock clock(base::SystemClock().now());
  SourceStore store(database, clock, vault());
  const auto added = co_await store.add("mastodon", {{"access_token", "topsecret"}}, true);
  EXPECT_EQ(text_setting(added->row.settings, "access_token"), "topsecret");
  const auto raw = co_await database.execute("SELECT settings FROM sources");
  EXPECT_THAT(raw[0]["settings"].text(), testing::Not(HasSubstr("topsecret")));
  // The page sends secrets back empty; they stay.
  const auto changed = co_await store.change(
      added->row.id, {.settings = json::object{{"access_token", ""}, {"trends_every", "9m"}}});
  EXPECT_EQ(text_setting(changed->row.settings, "access_token"), "topsecret");
  EXPECT_EQ(text_setting(changed->row.settings, "trends_every"), "9m");
  const auto wrong =
      co_await store.change(added->row.id, {.settings = json::object{{"no_such", "x"}}});
  EXPECT_EQ(wrong.error().status, 422);
  EXPECT_EQ((co_await store.add("nonsense", {}, true)).error().status, 422);
}

TEST_P(RunnerTest, SealsSecrets) { test_.run(seals); }

}  // namespace
}  // namespace trends
