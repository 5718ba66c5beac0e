// Several processes that read against one that does everything: the same input, the same answer.
#include "base/json.h"
#include "db/testing.h"
#include "trends/board.h"
#include "trends/service.h"
#include "trends/sources/doubles/collector.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace std::chrono_literals;
using doubles::LocalServer;
using testing::HasSubstr;
using testing::Not;

const base::Vault& vault() {
  static const auto made = base::Vault::parse(base::Vault::make_key());
  return *made;
}

// A server of posts in the manner of Hacker News: some hours of everyday talk, then a rise.
class Posts {
 public:
  Posts(std::int64_t first, base::Instant now) : first_(first), random_(first) {
    for (int minute = 0; minute < 20 * 60; minute += 2) {
      const auto at = now - 20h + std::chrono::minutes{minute};
      add(at, fmt::format("u{}", random_() % 300),
          fmt::format("everyday{} chatter{}", random_() % 20, random_() % 200));
      if (minute < 19 * 60) continue;
      add(at, fmt::format("fan{}_{}", first, minute), fmt::format("the curtain falls {}", word()));
      add(at, "shouter", "buy cheapstuff");
    }
  }

  http::Router router() {
    http::Router router;
    router.get("/maxitem.json", [this](http::Request) { return newest(); });
    router.get("/item/{file}", [this](http::Request request) { return item(std::move(request)); });
    return router;
  }
  std::string before() const { return fmt::format("{}", first_); }
  std::size_t size() const { return items_.size(); }

  static inline bool open = false;

 private:
  std::string word() {
    std::string letters;
    for (int left = 8; left > 0; --left) letters += static_cast<char>('a' + random_() % 26);
    return letters;
  }
  void add(base::Instant at, std::string author, std::string text) {
    items_.push_back(json::object{{"id", first_ + static_cast<std::int64_t>(items_.size()) + 1},
                                  {"type", "comment"},
                                  {"by", author},
                                  {"time", base::to_micros(at) / 1'000'000},
                                  {"text", text}});
  }
  io::Task<http::Response> newest() {
    if (!open) co_return http::Response{.status = 503};
    co_return http::text_response(
        fmt::format("{}", first_ + static_cast<std::int64_t>(items_.size())), "application/json");
  }
  io::Task<http::Response> item(http::Request request) {
    const auto index = std::stoll(request.param("file")) - first_ - 1;
    co_return http::text_response(json::serialize(items_.at(static_cast<std::size_t>(index))));
  }

  std::int64_t first_;
  std::mt19937_64 random_;
  std::vector<json::object> items_;
};

struct Process {
  Process(io::Executor executor, db::Database& database, const base::Clock& clock, std::string name)
      : http(http::make_curl_client(executor, {.addresses = http::AddressPolicy::allow_all()})),
        leases(database, clock, std::move(name)),
        service(executor, database, leases, clock, vault(), {.http = http.get(), .clock = &clock},
                options()),
        supervisor(executor) {
    supervisor.start("trends", [this] { return service.run(); });
  }
  static ServiceOptions options() {
    ServiceOptions options;
    options.tick = 10s;  // less than a lease lasts
    options.ship_every = 50ms;
    options.runner.look_every = 50ms;
    options.runner.backoff_min = 10ms;
    options.runner.backoff_max = 50ms;
    return options;
  }
  io::Task<> stop() {
    supervisor.stop();
    co_await supervisor.join();
    co_await service.stop();
  }

  std::unique_ptr<http::Client> http;
  jobs::Leases leases;
  Service service;
  io::Supervisor supervisor;
};

io::Task<std::int64_t> number(db::Database& database, std::string sql) {
  const auto rows = co_await database.execute(sql);
  co_return rows[0]["n"].is_null() ? 0 : rows[0]["n"].integer();
}

io::Task<> until(db::Database& database, std::string sql, std::int64_t wanted) {
  std::int64_t found = 0;
  for (int turn = 0; turn < 600; ++turn) {
    found = co_await number(database, sql);
    if (found == wanted) co_return;
    co_await io::sleep_for(50ms);
  }
  ADD_FAILURE() << "waited in vain: " << sql << " is " << found << ", not " << wanted;
}

struct Answer {
  std::string list;               // as the page gets it, without the rows' ids
  std::vector<Trend> remembered;  // what the saved detector says at the next tick, of all topics
  std::uint64_t counted = 0;
  std::size_t posts = 0;
};

std::string without_ids(const std::string& list) {
  json::value value = *base::parse_json(list);
  for (json::value& item : value.at("items").as_array()) item.as_object().erase("id");
  return json::serialize(value);
}

// The same posts, read by so many processes.
io::Task<> answer(db::Database& database, std::size_t size, base::Instant now, Answer& answer) {
  const auto executor = co_await boost::asio::this_coro::executor;
  base::VirtualClock clock(now);
  SourceStore store(database, clock, vault());
  std::vector<std::unique_ptr<Posts>> posts;
  std::vector<std::unique_ptr<LocalServer>> servers;
  std::size_t total = 0;
  Posts::open = false;
  for (const std::int64_t first : {100'000, 200'000, 300'000}) {
    posts.push_back(std::make_unique<Posts>(first, now));
    servers.push_back(std::make_unique<LocalServer>(executor, posts.back()->router()));
    const auto source = co_await store.add(
        "hacker_news", {{"base_url", servers.back()->url()}, {"every", "5s"}}, true);
    EXPECT_TRUE((co_await store.begin(source->row.id, 0)).has_value());
    co_await store.save_standings(database, {{source->row.id, 0, posts.back()->before()}});
    total += posts.back()->size();
  }
  std::vector<std::unique_ptr<Process>> processes;
  for (std::size_t count = 0; count < size; ++count) {
    processes.push_back(
        std::make_unique<Process>(executor, database, clock, fmt::format("process {}", count)));
  }
  // Each has taken its share, and an empty list is written.
  co_await until(database,
                 "SELECT COUNT(DISTINCT owner) AS n FROM leases WHERE owner <> '' "
                 "AND name LIKE 'source:%'",
                 static_cast<std::int64_t>(size));
  co_await until(database,
                 "SELECT COUNT(*) AS n FROM leases WHERE owner <> '' "
                 "AND name LIKE 'source:%'",
                 3);
  co_await until(database, "SELECT version AS n FROM trend_lanes WHERE lane = 'live'", 1);
  Posts::open = true;
  co_await until(database, "SELECT CAST(SUM(mentions) AS BIGINT) AS n FROM trend_shipments",
                 static_cast<std::int64_t>(total));
  clock.advance(10s);
  co_await until(database, "SELECT version AS n FROM trend_lanes WHERE lane = 'live'", 2);
  Board board(executor, database, clock);
  answer.list = without_ids(co_await board.list(TrendFilter{}));
  for (const auto& process : processes) {
    if (process->service.is_holder()) co_await process->service.save();
  }
  EXPECT_EQ(co_await number(database, "SELECT COUNT(*) AS n FROM trend_shipments"), 0);
  TrendStore trends(database);
  LaneWork saved(executor, {.name = std::string(live_lane)}, "", Process::options().detector);
  EXPECT_TRUE(saved.restore((co_await trends.load_snapshot("live")).value_or("")).has_value());
  answer.remembered = saved.rank(clock.now() + 10s, 1'000);
  answer.counted = saved.counted();
  answer.posts = total;
  for (const auto& process : processes) co_await process->stop();
  for (const auto& server : servers) co_await server->stop();
}

class ShardsTest : public testing::TestWithParam<db::Dialect> {
 protected:
  Answer answer_of(std::size_t processes, base::Instant now) const {
    Answer found;
    const db::TestDatabase test(GetParam());
    test.run([&](db::Database& database) { return answer(database, processes, now, found); });
    return found;
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, ShardsTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(ShardsTest, GiveTheAnswerOfOneProcess) {
  const base::Instant now = *base::parse_rfc3339("2026-05-04T12:00:00Z");
  const Answer alone = answer_of(1, now);
  EXPECT_THAT(alone.list, HasSubstr("curtain"));
  EXPECT_THAT(alone.list, Not(HasSubstr("cheapstuff")));
  const Answer together = answer_of(3, now);
  EXPECT_EQ(together.list, alone.list);
  EXPECT_FALSE(alone.remembered.empty());
  EXPECT_EQ(together.remembered, alone.remembered);
  EXPECT_EQ(alone.counted, alone.posts);
  EXPECT_EQ(together.counted, together.posts);
}

}  // namespace
}  // namespace trends
