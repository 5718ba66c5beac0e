#include "celery/ledger.h"

#include "db/testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace celery {
namespace {

class LedgerTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, LedgerTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

const base::Instant morning = *base::parse_rfc3339("2026-11-23T09:00:00Z");

io::Task<> first_word_stands(db::Database& database) {
  base::VirtualClock clock(morning);
  Ledger ledger(database, clock);
  EXPECT_FALSE(co_await ledger.find("one"));
  const Outcome first = co_await ledger.settle(
      {.task = "one", .name = "t", .outcome = success(json::object{{"post_id", "p"}})});
  EXPECT_EQ(first.status, Outcome::Status::success);
  const Outcome second = co_await ledger.settle(
      {.task = "one", .name = "t", .outcome = failure("ValueError", "too late")});
  EXPECT_EQ(second.status, Outcome::Status::success);
  EXPECT_EQ(base::text_at(second.result, "/post_id"), "p");
}

io::Task<> rolls_back_with_its_transaction(db::Database& database) {
  base::VirtualClock clock(morning);
  Ledger ledger(database, clock);
  {
    auto tx = co_await database.begin();
    EXPECT_TRUE(co_await ledger.write(*tx, {.task = "one", .name = "t", .outcome = success(1)}));
    const auto again = co_await ledger.write(*tx, {.task = "one", .name = "t"});
    EXPECT_EQ(again.error().status, 409);
  }
  EXPECT_FALSE(co_await ledger.find("one"));
}

io::Task<> revokes_what_is_not_done(db::Database& database) {
  base::VirtualClock clock(morning);
  Ledger ledger(database, clock);
  co_await ledger.settle({.task = "done", .name = "t", .outcome = success(nullptr)});
  co_await ledger.revoke({"done", "waiting"});
  EXPECT_THAT(co_await ledger.revoked(10), testing::ElementsAre("waiting"));
  EXPECT_EQ((co_await ledger.find("done"))->status, Outcome::Status::success);
  clock.advance(std::chrono::days{91});
  co_await ledger.prune();
  EXPECT_FALSE(co_await ledger.find("waiting"));
}

TEST_P(LedgerTest, FirstWordStands) { database_.run(first_word_stands); }
TEST_P(LedgerTest, RollsBackWithItsTransaction) { database_.run(rolls_back_with_its_transaction); }
TEST_P(LedgerTest, RevokesWhatIsNotDone) { database_.run(revokes_what_is_not_done); }

}  // namespace
}  // namespace celery
