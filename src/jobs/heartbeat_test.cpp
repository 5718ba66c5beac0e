#include "jobs/heartbeat.h"

#include "db/testing.h"

#include <gtest/gtest.h>

namespace jobs {
namespace {

using namespace std::chrono_literals;

class HeartbeatTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase test_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, HeartbeatTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

io::Task<std::string> live_names(db::Database& database, const base::Clock& clock) {
  std::string names;
  for (const Process& process : co_await live_processes(database, clock.now())) {
    names += process.role + "/" + process.name + " ";
  }
  co_return names;
}

io::Task<> beat_and_die(db::Database& database) {
  base::VirtualClock clock(*base::parse_rfc3339("2026-11-23T09:00:00Z"));
  const base::Instant start = clock.now();
  Heartbeat worker(database, clock, {.name = "w1", .role = "worker", .version = "1", .host = "h"});
  Heartbeat backend(database, clock,
                    {.name = "b1", .role = "backend", .version = "1", .host = "h"});
  co_await worker.beat();
  co_await backend.beat();
  EXPECT_EQ(co_await live_names(database, clock), "backend/b1 worker/w1 ");

  clock.advance(12s);
  co_await backend.beat();
  clock.advance(12s);
  EXPECT_EQ(co_await live_names(database, clock), "backend/b1 ");
  const std::vector<Process> live = co_await live_processes(database, clock.now());
  EXPECT_EQ(live[0].started_at, start);
  EXPECT_EQ(live[0].seen_at, start + 12s);

  co_await worker.beat();
  co_await backend.leave();
  EXPECT_EQ(co_await live_names(database, clock), "worker/w1 ");
}

TEST_P(HeartbeatTest, TheDeadAreNotSeen) { test_.run(beat_and_die); }

io::Task<> run_and_stop(db::Database& database) {
  base::VirtualClock clock(*base::parse_rfc3339("2026-11-23T09:00:00Z"));
  Heartbeat old(database, clock, {.name = "old", .role = "worker", .version = "1", .host = "h"});
  co_await old.beat();
  clock.advance(25h);
  Heartbeat worker(database, clock, {.name = "w1", .role = "worker", .version = "1", .host = "h"});
  io::Supervisor supervisor(co_await asio::this_coro::executor);
  supervisor.start("heartbeat", [&worker] { return worker.run(); });
  db::Rows rows;
  do {
    rows = co_await database.execute("SELECT process FROM heartbeats WHERE process = 'w1'");
  } while (rows.empty());
  rows = co_await database.execute("SELECT process FROM heartbeats");
  EXPECT_EQ(rows.size(), 1U);  // what died long ago is forgotten
  supervisor.stop();
  co_await supervisor.join();
}

TEST_P(HeartbeatTest, BeatsUntilStopped) { test_.run(run_and_stop); }

}  // namespace
}  // namespace jobs
