// What the tests of both databases share: tables, a database opened with other limits, side tasks.
#pragma once

#include "base/error.h"
#include "db/testing.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace db {

inline const std::vector<Migration> conformance_schema = {
    {1, "0001_test",
     "CREATE TABLE items (id TEXT PRIMARY KEY, count BIGINT, weight DOUBLE PRECISION, data BYTEA, "
     "flag BOOLEAN);\n"
     "CREATE TABLE parts (id TEXT PRIMARY KEY, item TEXT NOT NULL REFERENCES items (id), "
     "size BIGINT CHECK (size > 0));\n"}};

class Conformance : public testing::TestWithParam<Dialect> {
 protected:
  TestDatabase test_{GetParam(), conformance_schema};

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
inline std::string endless(const Database& database) {
  if (database.dialect() == Dialect::postgres) return "SELECT pg_sleep(60)";
  return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
}

inline io::Task<std::int64_t> count_items(Session& session) {
  const Rows rows = co_await session.execute("SELECT count(*) AS count FROM items");
  co_return rows[0]["count"].integer();
}

inline io::Task<> nothing_is_kept(Database& database) {
  EXPECT_EQ(co_await count_items(database), 0);
}

inline io::Task<> insert(Session& session, std::string id) {
  co_await session.execute("INSERT INTO items (id) VALUES ($1)", {std::move(id)});
}

// The kind of the DatabaseError that the statement ends with; nothing when it succeeds.
inline io::Task<std::optional<DatabaseError::Kind>> failure_of(Session& session, std::string sql,
                                                               Params params) {
  try {
    co_await session.execute(std::move(sql), std::move(params));
  } catch (const DatabaseError& error) {
    co_return error.kind;
  }
  co_return std::nullopt;
}

inline io::Task<std::optional<std::string>> unavailable(Session& session, std::string sql) {
  try {
    co_await session.execute(std::move(sql));
  } catch (const base::Unavailable& error) {
    co_return error.what();
  }
  co_return std::nullopt;
}

inline io::Task<bool> commit_fails(Transaction& transaction) {
  try {
    co_await transaction.commit();
  } catch (const DatabaseError&) {
    co_return true;
  }
  co_return false;
}

}  // namespace db
