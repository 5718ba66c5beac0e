// What both databases must do alike.
#include "base/error.h"
#include "base/metrics.h"
#include "db/testing.h"

#include <cmath>
#include <limits>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace db {
namespace {

using namespace std::chrono_literals;
using Kind = DatabaseError::Kind;

const std::vector<Migration> schema = {
    {1, "0001_test",
     "CREATE TABLE items (id TEXT PRIMARY KEY, count BIGINT, weight DOUBLE PRECISION, data BYTEA, "
     "flag BOOLEAN);\n"
     "CREATE TABLE parts (id TEXT PRIMARY KEY, item TEXT NOT NULL REFERENCES items (id), "
     "size BIGINT CHECK (size > 0));\n"}};

class Conformance : public testing::TestWithParam<Dialect> {
 protected:
  TestDatabase test_{GetParam(), schema};

  // Runs `body` on a database opened with other options.
  void run_with(Options options, io::Task<> (*body)(Database&)) const {
    io::run([this, options, body] { return open_with(&test_, options, body); });
  }

 private:
  static io::Task<> open_with(const TestDatabase* test, Options options,
                              io::Task<> (*body)(Database&)) {
    const std::unique_ptr<Database> database =
        test->open(co_await asio::this_coro::executor, options);
    co_await body(*database);
    co_await database->close();
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, Conformance, testing::ValuesIn(available_dialects()),
                         dialect_of_test);

// A task of its own that a test can cancel and wait for.
class Side {
 public:
  Side(const io::Executor& executor, io::Task<> task) : ended_(executor) {
    asio::co_spawn(executor, std::move(task),
                   asio::bind_cancellation_slot(cancel_.slot(), [this](std::exception_ptr error) {
                     error_ = std::move(error);
                     done_ = true;
                     ended_.notify();
                   }));
  }
  void cancel() { cancel_.emit(asio::cancellation_type::terminal); }
  bool done() const { return done_; }
  io::Task<> join() {
    while (!done_) co_await ended_.wait();
    if (error_) std::rethrow_exception(error_);
  }
  io::Task<bool> was_cancelled() {
    try {
      co_await join();
    } catch (const std::exception& error) {
      co_return io::is_cancelled(error);
    }
    co_return false;
  }

 private:
  asio::cancellation_signal cancel_;
  io::Event ended_;
  std::exception_ptr error_;
  bool done_ = false;
};

// A statement that keeps the server busy until something stops it.
std::string endless(const Database& database) {
  if (database.dialect() == Dialect::postgres) return "SELECT pg_sleep(60)";
  return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
}

io::Task<std::int64_t> count_items(Session& session) {
  const Rows rows = co_await session.execute("SELECT count(*) AS count FROM items");
  co_return rows[0]["count"].integer();
}

io::Task<> insert(Session& session, std::string id) {
  co_await session.execute("INSERT INTO items (id) VALUES ($1)", {std::move(id)});
}

// The kind of the DatabaseError that the statement ends with; nothing when it succeeds.
io::Task<std::optional<Kind>> failure_of(Session& session, std::string sql, Params params) {
  try {
    co_await session.execute(std::move(sql), std::move(params));
  } catch (const DatabaseError& error) {
    co_return error.kind;
  }
  co_return std::nullopt;
}

io::Task<std::optional<std::string>> unavailable(Session& session, std::string sql) {
  try {
    co_await session.execute(std::move(sql));
  } catch (const base::Unavailable& error) {
    co_return error.what();
  }
  co_return std::nullopt;
}

io::Task<bool> commit_fails(Transaction& transaction) {
  try {
    co_await transaction.commit();
  } catch (const DatabaseError&) {
    co_return true;
  }
  co_return false;
}

io::Task<> round_trip(Database& database) {
  const std::string text = "Grüße 🎉 日本語 \"'\\$1;-- \n\t\x01 end";
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  const Rows inserted = co_await database.execute(
      "INSERT INTO items (id, count, weight, data, flag) VALUES ($1, $2, $3, $4, $5)",
      {text, std::numeric_limits<std::int64_t>::min(), 0.1, Bytes{bytes}, true});
  EXPECT_EQ(inserted.affected, 1);
  EXPECT_TRUE(inserted.empty());

  const Rows rows = co_await database.execute("SELECT * FROM items WHERE id = $1", {text});
  const Row row = *rows.first();
  EXPECT_EQ(row["id"].text(), text);
  EXPECT_EQ(row["count"].integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(row["weight"].real(), 0.1);
  EXPECT_EQ(row["data"].bytes(), bytes);
  EXPECT_TRUE(row["flag"].boolean());
}

TEST_P(Conformance, ValuesRoundTrip) { test_.run(round_trip); }

io::Task<> reals_round_trip(Database& database) {
  for (const double value : {0.0, -1.5, 1e300, 5e-324, 1.0 / 3, 123456789.123456789}) {
    const Rows rows = co_await database.execute(
        "INSERT INTO items (id, weight) VALUES ('a', $1) "
        "ON CONFLICT (id) DO UPDATE SET weight = excluded.weight RETURNING weight",
        {value});
    EXPECT_EQ(rows[0][0].real(), value);
  }
}

TEST_P(Conformance, RealsKeepEveryBit) { test_.run(reals_round_trip); }

io::Task<> nulls_round_trip(Database& database) {
  co_await database.execute(
      "INSERT INTO items (id, count, weight, data, flag) VALUES ($1, $2, $3, $4, $5)",
      {"", nullptr, std::optional<std::string>(), std::nullopt, Value()});
  const Rows rows = co_await database.execute("SELECT * FROM items");
  EXPECT_FALSE(rows[0]["id"].is_null());
  EXPECT_EQ(rows[0]["id"].text(), "");
  for (const char* column : {"count", "weight", "data", "flag"}) {
    EXPECT_TRUE(rows[0][column].is_null()) << column;
  }
  EXPECT_EQ(rows[0]["count"].integer(), 0);
  EXPECT_EQ(rows[0]["count"].optional_instant(), std::nullopt);
  EXPECT_EQ(rows[0]["data"].bytes(), "");
}

TEST_P(Conformance, NullIsNotEmpty) { test_.run(nulls_round_trip); }

io::Task<> big_values(Database& database) {
  std::string text;
  while (text.size() < 5'000'000) text += "ключ " + std::to_string(text.size());
  const std::string bytes(5'000'000, '\0');
  co_await database.execute("INSERT INTO items (id, data) VALUES ('a', $1)", {Bytes{bytes}});
  co_await database.execute("INSERT INTO parts (id, item) VALUES ($1, 'a')", {"b"});
  const Rows rows = co_await database.execute(
      "SELECT data, CAST($1 AS TEXT) AS text FROM items WHERE id = 'a'", {text});
  EXPECT_TRUE(rows[0]["data"].bytes() == bytes);
  EXPECT_TRUE(rows[0]["text"].text() == text);
}

TEST_P(Conformance, BigTextsAndBytesPass) { test_.run(big_values); }

io::Task<> wrong_text(Database& database) {
  EXPECT_EQ(
      co_await failure_of(database, "INSERT INTO items (id) VALUES ($1)", {std::string("a\0b", 3)}),
      Kind::other);
  EXPECT_EQ(co_await failure_of(database, "INSERT INTO items (id) VALUES ($1)", {"\xff\xfe"}),
            Kind::other);
  EXPECT_EQ(co_await count_items(database), 0);
}

TEST_P(Conformance, TextThatIsNotUtf8IsRefused) { test_.run(wrong_text); }

io::Task<> sums(Database& database) {
  co_await database.execute(
      "INSERT INTO items (id, count, weight) VALUES ('a', 1, 1), ('b', 2, 2)");
  const Rows rows = co_await database.execute(
      "SELECT sum(count) AS total, avg(weight) AS mean, max(count) AS top FROM items");
  EXPECT_EQ(rows[0]["total"].integer(), 3);
  EXPECT_EQ(rows[0]["mean"].real(), 1.5);
  EXPECT_EQ(rows[0]["top"].integer(), 2);
  EXPECT_EQ(rows.affected, 1);
}

TEST_P(Conformance, SumsOfIntegersAreIntegers) { test_.run(sums); }

io::Task<> params_repeat(Database& database) {
  const Rows rows = co_await database.execute(
      "INSERT INTO items (id, count) VALUES ($2, $1), ($3, $1) RETURNING id, count",
      {7, "first", "second"});
  EXPECT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows.affected, 2);
  EXPECT_EQ(rows[1]["id"].text(), "second");
  EXPECT_EQ(rows[1]["count"].integer(), 7);
  const Rows updated =
      co_await database.execute("UPDATE items SET count = 8 WHERE id = $1", {"no"});
  EXPECT_EQ(updated.affected, 0);
}

TEST_P(Conformance, ParametersMayRepeatInAnyOrder) { test_.run(params_repeat); }

io::Task<> error_kinds(Database& database) {
  co_await insert(database, "a");
  EXPECT_EQ(co_await failure_of(database, "INSERT INTO items (id) VALUES ('a')", {}), Kind::unique);
  EXPECT_EQ(co_await failure_of(database, "INSERT INTO parts (id, item) VALUES ('p', 'none')", {}),
            Kind::foreign_key);
  EXPECT_EQ(
      co_await failure_of(database, "INSERT INTO parts (id, item, size) VALUES ('p', 'a', 0)", {}),
      Kind::check);
  EXPECT_EQ(co_await failure_of(database, "INSERT INTO parts (id) VALUES ('p')", {}), Kind::check);
  EXPECT_EQ(co_await failure_of(database, "SELEC 1", {}), Kind::other);
  EXPECT_EQ(co_await failure_of(database, "SELECT * FROM nowhere", {}), Kind::other);
  EXPECT_EQ(co_await failure_of(database, "SELECT * FROM items WHERE id = $1", {}), Kind::other);
  EXPECT_EQ(co_await failure_of(database, "SELECT 1; SELECT 2", {}), Kind::other);
  EXPECT_EQ(co_await count_items(database), 1);
}

TEST_P(Conformance, ErrorsHaveTheirKind) { test_.run(error_kinds); }

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

TEST_P(Conformance, TransactionsAreControlledByTheirObjectOnly) { test_.run(transaction_control); }

io::Task<> isolation(Database& database) {
  auto transaction = co_await database.begin();
  co_await insert(*transaction, "a");
  EXPECT_EQ(co_await count_items(*transaction), 1);
  EXPECT_EQ(co_await count_items(database), 0);
  co_await transaction->commit();
  EXPECT_EQ(co_await count_items(database), 1);
}

TEST_P(Conformance, OthersSeeATransactionOnlyAfterItsCommit) { test_.run(isolation); }

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

TEST_P(Conformance, ADroppedTransactionRollsBack) { test_.run(dropped); }

io::Task<> failed_transaction(Database& database) {
  const auto transaction = co_await database.begin();
  co_await insert(*transaction, "a");
  EXPECT_EQ(co_await failure_of(*transaction, "INSERT INTO items (id) VALUES ('a')", {}),
            Kind::unique);
  EXPECT_EQ(co_await failure_of(*transaction, "INSERT INTO items (id) VALUES ('b')", {}),
            Kind::other);
  EXPECT_TRUE(co_await commit_fails(*transaction));
}

io::Task<> nothing_is_kept(Database& database) { EXPECT_EQ(co_await count_items(database), 0); }

TEST_P(Conformance, AFailedTransactionCannotBeCommitted) {
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

TEST_P(Conformance, ASavepointRescuesATransaction) { test_.run(savepoint); }

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

TEST_P(Conformance, AHundredTasksAtOnce) { test_.run(concurrent_statements); }

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

TEST_P(Conformance, AFailedStatementDoesNotHarmItsNeighbours) { test_.run(concurrent_errors); }

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

TEST_P(Conformance, ConcurrentTransactionsLoseNothing) { test_.run(concurrent_transactions); }

io::Task<> read_meanwhile(Database& database) {
  const auto transaction = co_await database.begin();
  co_await insert(*transaction, "a");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(co_await count_items(database), 0);
  EXPECT_EQ(database.pool().in_use, 1);
  co_await transaction->commit();
}

TEST_P(Conformance, ReadersDoNotWaitForAWriter) { test_.run(read_meanwhile); }

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

TEST_P(Conformance, ACancelledStatementLeavesTheDatabaseUsable) {
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

TEST_P(Conformance, ManyMayBeCancelledAtAnyMoment) { test_.run(cancelled_crowd); }

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

TEST_P(Conformance, ACancelledTransactionRollsBack) { test_.run(cancelled_transaction); }

io::Task<> abandoned_step(Database& database) {
  const auto transaction = co_await database.begin();
  co_await insert(*transaction, "a");
  Side side(co_await asio::this_coro::executor, run_statement(*transaction, endless(database)));
  co_await io::sleep_for(10ms);
  side.cancel();
  EXPECT_TRUE(co_await side.was_cancelled());
  EXPECT_TRUE(co_await commit_fails(*transaction));
}

TEST_P(Conformance, ATransactionWithAnAbandonedStatementCannotBeCommitted) {
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

TEST_P(Conformance, ACancelledBeginLeavesTheQueue) { run_with({.pool_size = 1}, cancelled_begin); }

io::Task<> exhausted(Database& database) {
  const auto transaction = co_await database.begin();
  co_await insert(*transaction, "a");
  const auto refused = co_await unavailable(database, "INSERT INTO items (id) VALUES ('b')");
  EXPECT_THAT(refused.value_or("it was not refused"), testing::HasSubstr("pool exhausted"));
  EXPECT_EQ(database.pool().waiting, 0);
  co_await transaction->commit();
  co_await insert(database, "b");
}

TEST_P(Conformance, AnExhaustedPoolRefusesAfterItsTimeout) {
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

TEST_P(Conformance, AStatementThatTakesTooLongIsStopped) {
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

TEST_P(Conformance, CloseDoesNotWaitForEver) {
  const auto started = std::chrono::steady_clock::now();
  run_with({.pool_size = 1}, close_busy);
  EXPECT_LT(std::chrono::steady_clock::now() - started, 4s);
  test_.run(nothing_is_kept);
}

io::Task<> measured(Database& database) {
  co_await database.execute("-- items.measured\nSELECT count(*) FROM items");
  co_await count_items(database);
  const std::string metrics = metrics::expose();
  EXPECT_THAT(metrics,
              testing::HasSubstr("db_query_duration_seconds_count{query=\"items.measured\"} "));
  EXPECT_THAT(metrics,
              testing::HasSubstr("db_query_duration_seconds_count{query=\"select_items\"} "));
  EXPECT_THAT(metrics, testing::HasSubstr("db_pool_size "));
}

TEST_P(Conformance, StatementsAreMeasuredByName) { test_.run(measured); }

}  // namespace
}  // namespace db
