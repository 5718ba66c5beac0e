// Transactions and what runs beside them: the same on both databases.
#include "db/conformance.h"

namespace db {
namespace {

using namespace std::chrono_literals;
using Kind = DatabaseError::Kind;

class Transactions : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Databases, Transactions, testing::ValuesIn(available_dialects()),
                         dialect_of_test);

io::Task<> transaction_control(Database& database) {
  for (const char* sql : {"BEGIN", "begin immediate", "COMMIT", "ROLLBACK", " -- x\n end"}) {
    EXPECT_EQ(co_await failure_of(database, sql, {}), Kind::other) << sql;
  }
  const auto transaction = co_await database.begin();
  EXPECT_EQ(co_await failure_of(*transaction, "COMMIT", {}), Kind::other);
  co_await insert(*transaction, "a");
  co_await transaction->commit();
  EXPECT_TRUE(co_await commit_fails(*transaction));
  EXPECT_EQ(co_await failure_of(*transaction, "SELECT 1", {}), Kind::other);
}

TEST_P(Transactions, TransactionsAreControlledByTheirObjectOnly) { test_.run(transaction_control); }

io::Task<> isolation(Database& database) {
  auto transaction = co_await database.begin();
  co_await insert(*transaction, "a");
  EXPECT_EQ(co_await count_items(*transaction), 1);
  EXPECT_EQ(co_await count_items(database), 0);
  co_await transaction->commit();
  EXPECT_EQ(co_await count_items(database), 1);
}

TEST_P(Transactions, OthersSeeATransactionOnlyAfterItsCommit) { test_.run(isolation); }

io::Task<> dropped(Database& database) {
  for (int round = 0; round < 20; ++round) {
    const auto transaction = co_await database.begin();
    co_await insert(*transaction, "a");
  }
  {
    const auto unused = co_await database.begin();
  }
  EXPECT_EQ(co_await count_items(database), 0);
  co_await insert(database, "a");
  const PoolState state = database.pool();
  EXPECT_EQ(state.waiting, 0);
}

TEST_P(Transactions, ADroppedTransactionRollsBack) { test_.run(dropped); }

io::Task<> failed_transaction(Database& database) {
  const auto transaction = co_await database.begin();
  co_await insert(*transaction, "a");
  EXPECT_EQ(co_await failure_of(*transaction, "INSERT INTO items (id) VALUES ('a')", {}),
            Kind::unique);
  EXPECT_EQ(co_await failure_of(*transaction, "INSERT INTO items (id) VALUES ('b')", {}),
            Kind::other);
  EXPECT_TRUE(co_await commit_fails(*transaction));
}

TEST_P(Transactions, AFailedTransactionCannotBeCommitted) {
  test_.run(failed_transaction);
  test_.run(nothing_is_kept);
}

io::Task<> savepoint(Database& database) {
  const auto transaction = co_await database.begin();
  co_await insert(*transaction, "a");
  co_await transaction->execute("SAVEPOINT here");
  EXPECT_EQ(co_await failure_of(*transaction, "INSERT INTO items (id) VALUES ('a')", {}),
            Kind::unique);
  co_await transaction->execute("ROLLBACK TO SAVEPOINT here");
  co_await insert(*transaction, "b");
  co_await transaction->commit();
  EXPECT_EQ(co_await count_items(database), 2);
}

TEST_P(Transactions, ASavepointRescuesATransaction) { test_.run(savepoint); }

io::Task<> insert_fifty(Database& database, int first) {
  for (int i = 0; i < 50; ++i) co_await insert(database, std::to_string(first + i));
}

io::Task<> concurrent_statements(Database& database) {
  std::vector<std::unique_ptr<Side>> sides;
  for (int side = 0; side < 100; ++side) {
    sides.push_back(std::make_unique<Side>(co_await asio::this_coro::executor,
                                           insert_fifty(database, side * 50)));
  }
  for (const auto& side : sides) co_await side->join();
  EXPECT_EQ(co_await count_items(database), 5000);
}

TEST_P(Transactions, AHundredTasksAtOnce) { test_.run(concurrent_statements); }

io::Task<> insert_or_note(Database& database, std::string id, int* refused) {
  try {
    co_await insert(database, std::move(id));
  } catch (const DatabaseError& error) {
    EXPECT_EQ(error.kind, Kind::unique);
    ++*refused;
  }
}

io::Task<> concurrent_errors(Database& database) {
  int refused = 0;
  std::vector<std::unique_ptr<Side>> sides;
  for (int side = 0; side < 100; ++side) {
    sides.push_back(
        std::make_unique<Side>(co_await asio::this_coro::executor,
                               insert_or_note(database, std::to_string(side % 40), &refused)));
  }
  for (const auto& side : sides) co_await side->join();
  EXPECT_EQ(refused, 60);
  EXPECT_EQ(co_await count_items(database), 40);
}

TEST_P(Transactions, AFailedStatementDoesNotHarmItsNeighbours) { test_.run(concurrent_errors); }

io::Task<> add_one(Database& database) {
  for (int round = 0; round < 10; ++round) {
    const auto transaction = co_await database.begin();
    const Rows rows = co_await transaction->execute(
        "UPDATE items SET count = count + 1 WHERE id = 'a' RETURNING count");
    const std::int64_t count = rows[0][0].integer();
    co_await transaction->execute("INSERT INTO items (id) VALUES ($1)", {std::to_string(count)});
    co_await transaction->commit();
  }
}

io::Task<> concurrent_transactions(Database& database) {
  co_await database.execute("INSERT INTO items (id, count) VALUES ('a', 0)");
  std::vector<std::unique_ptr<Side>> sides;
  for (int side = 0; side < 25; ++side) {
    sides.push_back(std::make_unique<Side>(co_await asio::this_coro::executor, add_one(database)));
  }
  for (const auto& side : sides) co_await side->join();
  const Rows rows = co_await database.execute("SELECT count FROM items WHERE id = 'a'");
  EXPECT_EQ(rows[0][0].integer(), 250);
  EXPECT_EQ(co_await count_items(database), 251);
}

TEST_P(Transactions, ConcurrentTransactionsLoseNothing) { test_.run(concurrent_transactions); }

io::Task<> read_meanwhile(Database& database) {
  const auto transaction = co_await database.begin();
  co_await insert(*transaction, "a");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(co_await count_items(database), 0);
  EXPECT_EQ(database.pool().in_use, 1);
  co_await transaction->commit();
}

TEST_P(Transactions, ReadersDoNotWaitForAWriter) { test_.run(read_meanwhile); }

}  // namespace
}  // namespace db
