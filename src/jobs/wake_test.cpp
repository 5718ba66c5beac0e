#include "jobs/wake.h"

#include "db/testing.h"
#include "jobs/postgres_wake.h"

#include <algorithm>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>

namespace jobs {
namespace {

using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

TEST(Wake, RingsForWhoeverListensToThatBell) {
  Wake wake;
  int due = 0;
  int other = 0;
  auto first = wake.on_ring("due", [&] { ++due; });
  auto second = wake.on_ring("other", [&] { ++other; });
  wake.ring("due");
  EXPECT_EQ(due, 1);
  EXPECT_EQ(other, 0);
  first.reset();
  wake.ring("due");
  EXPECT_EQ(due, 1);
}

TEST(Wake, AListenerMayGoWhileItIsCalled) {
  Wake wake;
  int rings = 0;
  std::unique_ptr<Wake::Bell> second;
  auto first = wake.on_ring("due", [&] {
    ++rings;
    second.reset();
  });
  second = wake.on_ring("due", [&] { ++rings; });
  wake.ring("due");
  EXPECT_EQ(rings, 1);
}

TEST(Wake, ABellMayOutliveIt) {
  auto wake = std::make_unique<Wake>();
  auto bell = wake->on_ring("due", [] {});
  wake.reset();
  bell.reset();
}

class PostgresWakeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto dialects = db::available_dialects();
    if (std::find(dialects.begin(), dialects.end(), db::Dialect::postgres) == dialects.end()) {
      GTEST_SKIP() << "TEST_POSTGRES_URL is not set";
    }
  }
};

io::Task<> until(io::Event& event, const bool& done) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!done && std::chrono::steady_clock::now() < deadline) co_await event.wait_for(1s);
  EXPECT_TRUE(done);
}

io::Task<> ring_across(db::Database& database, std::string url) {
  auto executor = co_await asio::this_coro::executor;
  PostgresWake one(executor, database, url);
  PostgresWake two(executor, database, url);
  io::Event changed(executor);
  bool connected = false;
  bool rung = false;
  int own = 0;
  // The first call is the connection's own: it may have missed something.
  auto bell = two.on_ring("due", [&] {
    (connected ? rung : connected) = true;
    changed.notify();
  });
  auto mine = one.on_ring("due", [&] { ++own; });
  auto scenario = [](PostgresWake& ringing, db::Database& base, io::Event& event,
                     const bool& stands, bool& heard, int& heard_here) -> io::Task<> {
    co_await until(event, stands);
    const int before = heard_here;
    ringing.ring("due");
    EXPECT_EQ(heard_here, before + 1);  // here at once
    co_await until(event, heard);
    // The connection is lost, and made again: whoever listens looks once, and hears again.
    heard = false;
    co_await base.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE 'LISTEN%'");
    co_await until(event, heard);
    heard = false;
    ringing.ring("due");
    co_await until(event, heard);
  };
  co_await (one.run() || two.run() || scenario(one, database, changed, connected, rung, own));
}

TEST_F(PostgresWakeTest, RingsInOtherProcessesAndAfterALostConnection) {
  db::TestDatabase test(db::Dialect::postgres);
  test.run([&test](db::Database& database) { return ring_across(database, test.direct_url()); });
}

}  // namespace
}  // namespace jobs
