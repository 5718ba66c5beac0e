// Statements that end before they are done, full pools, closing: the same on both databases.
#include "db/conformance.h"

namespace db {
namespace {

using namespace std::chrono_literals;
using Kind = DatabaseError::Kind;

class Cancellation : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Databases, Cancellation, testing::ValuesIn(available_dialects()),
                         dialect_of_test);

io::Task<> run_statement(Session& session, std::string sql) {
  co_await session.execute(std::move(sql));
}

io::Task<> cancelled_statement(Database& database) {
  for (int round = 0; round < 5; ++round) {
    Side side(co_await asio::this_coro::executor, run_statement(database, endless(database)));
    co_await io::sleep_for(10ms);
    EXPECT_FALSE(side.done());
    side.cancel();
    EXPECT_TRUE(co_await side.was_cancelled());
    co_await insert(database, std::to_string(round));
  }
  EXPECT_EQ(co_await count_items(database), 5);
}

TEST_P(Cancellation, ACancelledStatementLeavesTheDatabaseUsable) {
  const auto started = std::chrono::steady_clock::now();
  test_.run(cancelled_statement);
  EXPECT_LT(std::chrono::steady_clock::now() - started, 10s);
}

io::Task<> work_for_ever(Database& database, std::string id) {
  for (;;) {
    co_await database.execute("INSERT INTO items (id) VALUES ($1) ON CONFLICT DO NOTHING", {id});
    const auto transaction = co_await database.begin();
    co_await transaction->execute("DELETE FROM items WHERE id = $1", {id});
    co_await count_items(*transaction);
    co_await transaction->commit();
  }
}

io::Task<> cancelled_crowd(Database& database) {
  const auto executor = co_await asio::this_coro::executor;
  for (int round = 0; round < 10; ++round) {
    std::vector<std::unique_ptr<Side>> sides;
    for (int side = 0; side < 20; ++side) {
      sides.push_back(
          std::make_unique<Side>(executor, work_for_ever(database, std::to_string(side))));
    }
    for (int step = 0; step <= round; ++step) co_await count_items(database);
    for (const auto& side : sides) side->cancel();
    for (const auto& side : sides) EXPECT_TRUE(co_await side->was_cancelled());
  }
  co_await insert(database, "last");
  EXPECT_EQ(database.pool().waiting, 0);
}

TEST_P(Cancellation, ManyMayBeCancelledAtAnyMoment) { test_.run(cancelled_crowd); }

io::Task<> insert_then_wait(Database& database) {
  const auto transaction = co_await database.begin();
  co_await insert(*transaction, "a");
  co_await transaction->execute(endless(database));
  co_await transaction->commit();
}

io::Task<> cancelled_transaction(Database& database) {
  Side side(co_await asio::this_coro::executor, insert_then_wait(database));
  co_await io::sleep_for(20ms);
  side.cancel();
  EXPECT_TRUE(co_await side.was_cancelled());
  EXPECT_EQ(co_await count_items(database), 0);
  co_await insert(database, "a");
}

TEST_P(Cancellation, ACancelledTransactionRollsBack) { test_.run(cancelled_transaction); }

io::Task<> abandoned_step(Database& database) {
  const auto transaction = co_await database.begin();
  co_await insert(*transaction, "a");
  Side side(co_await asio::this_coro::executor, run_statement(*transaction, endless(database)));
  co_await io::sleep_for(10ms);
  side.cancel();
  EXPECT_TRUE(co_await side.was_cancelled());
  EXPECT_TRUE(co_await commit_fails(*transaction));
}

TEST_P(Cancellation, ATransactionWithAnAbandonedStatementCannotBeCommitted) {
  test_.run(abandoned_step);
}

io::Task<> begin_and_drop(Database& database, int* begun) {
  const auto transaction = co_await database.begin();
  co_await insert(*transaction, "b");
  ++*begun;
}

io::Task<> cancelled_begin(Database& database) {
  int begun = 0;
  {
    const auto first = co_await database.begin();
    co_await insert(*first, "a");
    Side cancelled(co_await asio::this_coro::executor, begin_and_drop(database, &begun));
    Side patient(co_await asio::this_coro::executor, begin_and_drop(database, &begun));
    co_await io::sleep_for(10ms);
    cancelled.cancel();
    EXPECT_TRUE(co_await cancelled.was_cancelled());
    co_await first->commit();
    EXPECT_EQ(begun, 0);
    co_await patient.join();
  }
  EXPECT_EQ(begun, 1);
  EXPECT_EQ(co_await count_items(database), 1);
}

TEST_P(Cancellation, ACancelledBeginLeavesTheQueue) { run_with({.pool_size = 1}, cancelled_begin); }

io::Task<> exhausted(Database& database) {
  const auto transaction = co_await database.begin();
  co_await insert(*transaction, "a");
  const auto refused = co_await unavailable(database, "INSERT INTO items (id) VALUES ('b')");
  EXPECT_THAT(refused.value_or("it was not refused"), testing::HasSubstr("pool exhausted"));
  EXPECT_EQ(database.pool().waiting, 0);
  co_await transaction->commit();
  co_await insert(database, "b");
}

TEST_P(Cancellation, AnExhaustedPoolRefusesAfterItsTimeout) {
  run_with({.pool_size = 1, .acquire_timeout = 50ms}, exhausted);
}

io::Task<> timed_out(Database& database) {
  const auto single = co_await unavailable(database, endless(database));
  EXPECT_THAT(single.value_or("it did not end"), testing::HasSubstr("timed out"));
  {
    const auto transaction = co_await database.begin();
    co_await insert(*transaction, "a");
    const auto inside = co_await unavailable(*transaction, endless(database));
    EXPECT_THAT(inside.value_or("it did not end"), testing::HasSubstr("timed out"));
  }
  EXPECT_EQ(co_await count_items(database), 0);
}

TEST_P(Cancellation, AStatementThatTakesTooLongIsStopped) {
  run_with({.statement_timeout = 100ms}, timed_out);
}

io::Task<bool> is_refused(Session& session) {
  try {
    co_await insert(session, "b");
  } catch (const std::exception&) {
    co_return true;
  }
  co_return false;
}

io::Task<> close_busy(Database& database) {
  const auto transaction = co_await database.begin();
  co_await insert(*transaction, "a");
  Side waiting(co_await asio::this_coro::executor, insert(database, "b"));
  co_await io::yield();
  co_await database.close();
  EXPECT_TRUE(co_await is_refused(database));
  EXPECT_TRUE(co_await is_refused(*transaction));
  bool refused = false;
  try {
    co_await waiting.join();
  } catch (const base::Unavailable&) {
    refused = true;
  }
  EXPECT_TRUE(refused);
  co_await database.close();
}

TEST_P(Cancellation, CloseDoesNotWaitForEver) {
  const auto started = std::chrono::steady_clock::now();
  run_with({.pool_size = 1}, close_busy);
  EXPECT_LT(std::chrono::steady_clock::now() - started, 4s);
  test_.run(nothing_is_kept);
}

}  // namespace
}  // namespace db
