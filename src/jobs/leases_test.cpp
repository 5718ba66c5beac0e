#include "jobs/leases.h"

#include "db/testing.h"

#include <gtest/gtest.h>

namespace jobs {
namespace {

using namespace std::chrono_literals;

class LeasesTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase test_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, LeasesTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

const base::Instant start = *base::parse_rfc3339("2026-11-23T09:00:00Z");

io::Task<> exclude_others(db::Database& database) {
  base::VirtualClock clock(start);
  Leases anna(database, clock, "anna");
  Leases bert(database, clock, "bert");
  std::optional<Lease> lease = co_await anna.acquire("source", 10s);
  EXPECT_TRUE(lease.has_value());
  EXPECT_EQ(lease->fence, 1);
  EXPECT_EQ(lease->until, start + 10s);
  EXPECT_FALSE(co_await bert.acquire("source", 10s));
  EXPECT_TRUE(co_await bert.acquire("another source", 10s));

  clock.advance(5s);
  const std::optional<Lease> again = co_await anna.acquire("source", 10s);
  EXPECT_EQ(again->fence, 1);  // its own
  EXPECT_TRUE(co_await anna.renew(*lease, 20s));
  EXPECT_EQ(lease->until, start + 25s);
  clock.advance(19s);
  EXPECT_FALSE(co_await bert.acquire("source", 10s));
}

TEST_P(LeasesTest, OneOwnerAtATime) { test_.run(exclude_others); }

io::Task<> fence_off_sleepers(db::Database& database) {
  base::VirtualClock clock(start);
  Leases anna(database, clock, "anna");
  Leases bert(database, clock, "bert");
  std::optional<Lease> slept = co_await anna.acquire("source", 10s);
  clock.advance(11s);
  const std::optional<Lease> taken = co_await bert.acquire("source", 10s);
  EXPECT_EQ(taken->fence, 2);
  EXPECT_FALSE(co_await anna.renew(*slept, 10s));
  co_await anna.release(*slept);  // not hers any more
  EXPECT_FALSE(co_await anna.acquire("source", 10s));
}

TEST_P(LeasesTest, ASleeperHasLostItsLease) { test_.run(fence_off_sleepers); }

io::Task<> grow_over_release(db::Database& database) {
  base::VirtualClock clock(start);
  Leases anna(database, clock, "anna");
  std::int64_t last = 0;
  for (int round = 0; round < 5; ++round) {
    std::optional<Lease> lease = co_await anna.acquire("source", 10s);
    EXPECT_EQ(lease->fence, last + 1);
    last = lease->fence;
    if (round % 2 == 0) {
      co_await anna.release(*lease);
      EXPECT_FALSE(co_await anna.renew(*lease, 10s));
    } else {
      clock.advance(11s);  // ran out, nobody took it
    }
  }
}

TEST_P(LeasesTest, TheFenceOnlyGrows) { test_.run(grow_over_release); }

io::Task<> late_renewal(db::Database& database) {
  base::VirtualClock clock(start);
  Leases anna(database, clock, "anna");
  std::optional<Lease> lease = co_await anna.acquire("source", 10s);
  clock.advance(60s);
  EXPECT_TRUE(co_await anna.renew(*lease, 10s));  // nobody has had it since
  EXPECT_EQ(lease->until, start + 70s);
}

TEST_P(LeasesTest, ALateRenewalCountsWhileNobodyElseHadIt) { test_.run(late_renewal); }

io::Task<> try_to_acquire(const db::TestDatabase* test, std::string owner, int* winners) {
  const auto database = test->open(co_await asio::this_coro::executor);
  base::VirtualClock clock(start);
  Leases leases(*database, clock, owner);
  const std::optional<Lease> lease = co_await leases.acquire("source", 10s);
  if (lease) ++*winners;
  co_await database->close();
}

TEST_P(LeasesTest, OfManyWhoAskAtOnceOneGetsIt) {
  std::vector<int> winners(8, 0);
  std::vector<std::thread> processes;
  for (std::size_t process = 0; process < winners.size(); ++process) {
    processes.emplace_back([this, process, &winners] {
      io::run([&] {
        return try_to_acquire(&test_, "process " + std::to_string(process), &winners[process]);
      });
    });
  }
  for (std::thread& process : processes) process.join();
  EXPECT_EQ(std::count(winners.begin(), winners.end(), 1), 1);
}

}  // namespace
}  // namespace jobs
