// What only PostgreSQL has: a server that is away, connections that break, several of them.
#include "base/error.h"
#include "db/testing.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace db {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class Postgres : public testing::Test {
 protected:
  void SetUp() override {
    if (available_dialects().size() < 2) GTEST_SKIP() << "TEST_POSTGRES_URL is not set";
    if (through_pgbouncer()) GTEST_SKIP() << "about connections of our own, not PgBouncer's";
    test_.emplace(Dialect::postgres, std::vector<Migration>{});
  }
  std::optional<TestDatabase> test_;
};

io::Task<std::string> failure_of(Database& database, std::string sql) {
  try {
    co_await database.execute(std::move(sql));
  } catch (const base::Unavailable& error) {
    co_return error.what();
  }
  co_return "";
}

io::Task<> fail_to_connect(Options options, std::string* failure) {
  const auto database = open(co_await asio::this_coro::executor, options);
  *failure = co_await failure_of(*database, "SELECT 1");
  co_await database->close();
}

std::string failure_to_connect(Options options) {
  std::string failure;
  io::run([&] { return fail_to_connect(options, &failure); });
  return failure;
}

TEST(PostgresConnect, SaysThatNobodyAnswersAndHidesThePassword) {
  const std::string failure = failure_to_connect(
      {.url = "postgres://me:secret@127.0.0.1:1/none", .acquire_timeout = 100ms});
  EXPECT_THAT(failure, HasSubstr("cannot reach postgres://me:***@127.0.0.1:1/none"));
  EXPECT_THAT(failure, HasSubstr("refused"));
  EXPECT_THAT(failure, Not(HasSubstr("secret")));
}

TEST(PostgresConnect, AMalformedUrlIsToldAtOnce) {
  const auto started = std::chrono::steady_clock::now();
  const std::string failure = failure_to_connect({.url = "postgres://me:secret@[h/x?y"});
  EXPECT_THAT(failure, HasSubstr("malformed"));
  EXPECT_THAT(failure, Not(HasSubstr("secret")));
  EXPECT_LT(std::chrono::steady_clock::now() - started, 2s);
}

TEST(PostgresConnect, AServerThatSaysNothingTimesOut) {
  asio::io_context silent;
  const asio::ip::tcp::acceptor acceptor(
      silent, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::string url =
      fmt::format("postgres://127.0.0.1:{}/x", acceptor.local_endpoint().port());
  EXPECT_NE(failure_to_connect({.url = url, .acquire_timeout = 100ms}), "");
}

TEST_F(Postgres, AMissingDatabaseIsToldAtOnce) {
  const auto started = std::chrono::steady_clock::now();
  EXPECT_THAT(failure_to_connect({.url = test_->url() + "_not"}), HasSubstr("does not exist"));
  EXPECT_LT(std::chrono::steady_clock::now() - started, 2s);
}

io::Task<> select_one(Database& database) {
  const Rows rows = co_await database.execute("SELECT 1");
  EXPECT_EQ(rows[0][0].integer(), 1);
}

io::Task<> open_and_select(std::string url) {
  const auto database = open(co_await asio::this_coro::executor, {.url = url});
  co_await select_one(*database);
  co_await database->close();
}

TEST_F(Postgres, ResolvesNames) {
  std::string url = test_->url();
  const std::size_t at = url.find("127.0.0.1");
  if (at == std::string::npos) GTEST_SKIP() << "the server is not on 127.0.0.1";
  url.replace(at, 9, "localhost");
  io::run([&] { return open_and_select(url); });
}

// On a connection of its own: ends every other one of this database.
io::Task<> terminate_others(std::string url) {
  const auto killer = open(co_await asio::this_coro::executor, {.url = url, .pool_size = 1});
  co_await killer->execute(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
      "WHERE datname = current_database() AND pid <> pg_backend_pid()");
  co_await killer->close();
}

io::Task<> survive_termination(Database& database, std::string url) {
  for (int round = 0; round < 5; ++round) {
    co_await select_one(database);
    co_await terminate_others(url);
    // The death of an idle connection is noticed without a statement.
    const auto give_up = std::chrono::steady_clock::now() + 5s;
    while (database.pool().size > 0 && std::chrono::steady_clock::now() < give_up) {
      co_await io::sleep_for(1ms);
    }
    EXPECT_EQ(database.pool().size, 0);
  }
  co_await select_one(database);
}

TEST_F(Postgres, StatementsWorkAgainAfterTheServerDroppedUs) {
  test_->run([this](Database& database) { return survive_termination(database, test_->url()); });
}

io::Task<> note_failure(Database& database, std::string sql, std::string* failure,
                        io::Event* ended) {
  *failure = co_await failure_of(database, std::move(sql));
  ended->notify();
}

io::Task<> lose_statements(Database& database, std::string url) {
  const auto executor = co_await asio::this_coro::executor;
  io::Event ended(executor);
  std::string failure;
  const auto transaction = co_await database.begin();
  co_await transaction->execute("CREATE TABLE a (id TEXT)");
  asio::co_spawn(executor, note_failure(database, "SELECT pg_sleep(60)", &failure, &ended),
                 asio::detached);
  while (database.pool().in_use < 2) co_await io::sleep_for(1ms);
  co_await terminate_others(url);
  co_await ended.wait();
  EXPECT_NE(failure, "");
  bool lost = false;
  try {
    co_await transaction->execute("INSERT INTO a VALUES ('x')");
  } catch (const base::Unavailable&) {
    lost = true;
  }
  EXPECT_TRUE(lost);
  co_await select_one(database);
}

TEST_F(Postgres, WhatIsUnderWayFailsWhenTheServerDropsUs) {
  test_->run([this](Database& database) { return lose_statements(database, test_->url()); });
}

io::Task<> sleep_on_server(Database& database) { co_await database.execute("SELECT pg_sleep(60)"); }

// Many statements behind one that is cancelled, all on one connection: a cancellation that hits a
// neighbour must not be felt by it.
io::Task<> cancel_among_others(Database& database) {
  const auto executor = co_await asio::this_coro::executor;
  co_await select_one(database);
  for (int round = 0; round < 20; ++round) {
    asio::cancellation_signal cancel;
    io::Event ended(executor);
    int left = 31;
    const auto count_down = [&](const std::exception_ptr&) {
      if (--left == 0) ended.notify();
    };
    std::exception_ptr failure;
    asio::co_spawn(executor, sleep_on_server(database),
                   asio::bind_cancellation_slot(cancel.slot(), count_down));
    for (int other = 0; other < 30; ++other) {
      asio::co_spawn(executor, select_one(database), [&](std::exception_ptr error) {
        if (error) failure = error;
        count_down(error);
      });
    }
    co_await io::sleep_for(1ms);
    cancel.emit(asio::cancellation_type::terminal);
    co_await ended.wait();
    if (failure) std::rethrow_exception(failure);
  }
}

io::Task<> open_narrow(const TestDatabase* test, io::Task<> (*body)(Database&)) {
  const auto database = test->open(co_await asio::this_coro::executor, {.pool_size = 1});
  co_await body(*database);
  co_await database->close();
}

TEST_F(Postgres, ACancellationIsNotFeltByNeighbours) {
  io::run([this] { return open_narrow(&*test_, cancel_among_others); });
}

io::Task<> count_down_transaction(Database& database, int* left, io::Event* ended) {
  const auto transaction = co_await database.begin();
  co_await transaction->execute("SELECT 1");
  co_await transaction->commit();
  if (--*left == 0) ended->notify();
}

io::Task<> count_down_single(Database& database, int* left, io::Event* ended) {
  co_await select_one(database);
  if (--*left == 0) ended->notify();
}

// Both kinds on one connection: neither starves the other.
io::Task<> mix(Database& database) {
  const auto executor = co_await asio::this_coro::executor;
  io::Event ended(executor);
  int left = 400;
  for (int i = 0; i < 200; ++i) {
    asio::co_spawn(executor, count_down_transaction(database, &left, &ended), asio::detached);
    asio::co_spawn(executor, count_down_single(database, &left, &ended), asio::detached);
  }
  EXPECT_TRUE(co_await ended.wait_for(20s));
  EXPECT_EQ(database.pool().waiting, 0);
}

TEST_F(Postgres, SinglesAndTransactionsShareOneConnection) {
  io::run([this] { return open_narrow(&*test_, mix); });
}

io::Task<> deadlock(Database& database) {
  co_await database.execute("CREATE TABLE a (id BIGINT PRIMARY KEY, x BIGINT)");
  co_await database.execute("INSERT INTO a VALUES (1, 0), (2, 0)");
  const auto one = co_await database.begin();
  const auto two = co_await database.begin();
  co_await one->execute("SET LOCAL deadlock_timeout = '10ms'");
  co_await two->execute("SET LOCAL lock_timeout = '5s'");
  co_await one->execute("UPDATE a SET x = 1 WHERE id = 1");
  co_await two->execute("UPDATE a SET x = 1 WHERE id = 2");
  const auto executor = co_await asio::this_coro::executor;
  asio::co_spawn(executor, two->execute("UPDATE a SET x = 1 WHERE id = 1", {}),
                 [](const std::exception_ptr&, const Rows&) {});  // waits for one, and gets it
  std::optional<DatabaseError::Kind> kind;
  try {
    co_await one->execute("UPDATE a SET x = 1 WHERE id = 2");
  } catch (const DatabaseError& error) {
    kind = error.kind;
  }
  EXPECT_EQ(kind, DatabaseError::Kind::serialization);
}

TEST_F(Postgres, ADeadlockIsASerializationFailure) { test_->run(deadlock); }

io::Task<> drop_while_busy(const TestDatabase* test) {
  const auto executor = co_await asio::this_coro::executor;
  auto database = test->open(executor);
  std::string failure;
  io::Event ended(executor);
  asio::co_spawn(executor, note_failure(*database, "SELECT pg_sleep(60)", &failure, &ended),
                 asio::detached);
  while (database->pool().in_use == 0) co_await io::sleep_for(1ms);
  database.reset();
  co_await ended.wait();
  EXPECT_THAT(failure, HasSubstr("closed"));
}

TEST_F(Postgres, ADatabaseMayBeDroppedWhileItIsBusy) {
  io::run([this] { return drop_while_busy(&*test_); });
}

}  // namespace
}  // namespace db
