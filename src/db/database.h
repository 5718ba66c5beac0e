// The one door to the database, over PostgreSQL and SQLite.
//
// SQL is written once, in the dialect both understand: $1 placeholders, RETURNING, ON CONFLICT,
// instants as BIGINT microseconds, ids as TEXT, flags as BIGINT 0/1 or BOOLEAN, bytes as BYTEA,
// JSON as TEXT. What differs has a method.
//
// Statements outside a transaction may share a connection (PostgreSQL: pipelined). A Transaction
// has one for itself; if it goes out of scope without commit() it rolls back. A failed statement
// throws base::Unavailable (connection gone, pool exhausted: `retryable`) or DatabaseError. Not
// thread-safe: one Database per loop.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "io/task.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace db {

// A column or parameter: null, integer, real, text or bytes.
struct Bytes {
  std::string data;
};
using Null = std::monostate;

class Value {
 public:
  using Storage = std::variant<Null, std::int64_t, double, std::string, Bytes>;

  Value() = default;
  Value(std::nullopt_t) {}
  Value(std::nullptr_t) {}
  Value(bool value) : storage_(std::int64_t{value ? 1 : 0}) {}
  Value(std::integral auto value) : storage_(static_cast<std::int64_t>(value)) {}
  Value(double value) : storage_(value) {}
  Value(std::string value) : storage_(std::move(value)) {}
  Value(std::string_view value) : storage_(std::string(value)) {}
  Value(const char* value) : storage_(std::string(value)) {}
  Value(Bytes value) : storage_(std::move(value)) {}
  Value(base::Instant value) : storage_(base::to_micros(value)) {}
  template <class Tag>
  Value(const base::Id<Tag>& id) : storage_(id.value) {}
  template <class T>
  Value(const std::optional<T>& value) {
    if (value) *this = Value(*value);
  }

  bool is_null() const { return std::holds_alternative<Null>(storage_); }
  // CHECK on another type: a column's type is known to whoever wrote the query. text() of NULL is
  // "", the rest 0.
  std::int64_t integer() const;
  double real() const;  // also of an integer
  bool boolean() const { return integer() != 0; }
  const std::string& text() const;
  const std::string& bytes() const;
  base::Instant instant() const { return base::from_micros(integer()); }
  std::optional<base::Instant> optional_instant() const;
  std::optional<std::string> optional_text() const;
  template <class Id>
  Id id() const {
    return Id{text()};
  }
  const Storage& storage() const { return storage_; }

 private:
  Storage storage_;
};

using Params = std::vector<Value>;

class Row {
 public:
  Row(std::shared_ptr<const std::vector<std::string>> names, std::vector<Value> values)
      : names_(std::move(names)), values_(std::move(values)) {}
  const Value& operator[](std::size_t index) const { return values_.at(index); }
  const Value& operator[](std::string_view name) const;  // CHECKs that the column exists

 private:
  std::shared_ptr<const std::vector<std::string>> names_;  // shared: a Row may outlive its Rows
  std::vector<Value> values_;
};

struct Rows {
  std::shared_ptr<const std::vector<std::string>> names;
  std::vector<Row> rows;
  std::int64_t affected = 0;

  bool empty() const { return rows.empty(); }
  std::size_t size() const { return rows.size(); }
  const Row& operator[](std::size_t index) const { return rows.at(index); }
  auto begin() const { return rows.begin(); }
  auto end() const { return rows.end(); }
  const Row* first() const { return rows.empty() ? nullptr : &rows.front(); }
};

class DatabaseError : public std::runtime_error {
 public:
  enum class Kind { unique, foreign_key, check, serialization, other };
  DatabaseError(Kind kind, const std::string& what) : std::runtime_error(what), kind(kind) {}
  Kind kind;
};

// What statements can be sent to: the database itself (each its own transaction) or an open
// transaction.
class Session {
 public:
  virtual ~Session() = default;
  virtual io::Task<Rows> execute(std::string sql, Params params = {}) = 0;
};

class Transaction : public Session {
 public:
  // After this the data is durable. An exception means that it may or may not be.
  virtual io::Task<> commit() = 0;
};

enum class Dialect { sqlite, postgres };

struct PoolState {
  std::int64_t size = 0;
  std::int64_t in_use = 0;
  std::int64_t waiting = 0;
};

class Database : public Session {
 public:
  virtual io::Task<std::unique_ptr<Transaction>> begin() = 0;
  virtual Dialect dialect() const = 0;
  virtual PoolState pool() const = 0;
  virtual io::Task<> close() = 0;

  // " FOR UPDATE SKIP LOCKED" where rows must be claimed by one of several workers; "" on SQLite
  // (one writer).
  std::string_view skip_locked() const {
    return dialect() == Dialect::postgres ? " FOR UPDATE SKIP LOCKED" : "";
  }
};

struct Options {
  std::string url;            // sqlite:///path, sqlite::memory:, postgres://...
  std::size_t pool_size = 8;  // PostgreSQL connections
  std::chrono::milliseconds acquire_timeout{5'000};
  std::chrono::milliseconds statement_timeout{30'000};
  bool create = true;  // SQLite: make the file
};

// Throws base::Unavailable with the reason and the URL without its password.
std::unique_ptr<Database> open(io::Executor executor, Options options);

// The URL with its password as ***, for messages.
std::string masked_url(std::string_view url);

}  // namespace db
