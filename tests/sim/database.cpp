#include "database.h"

#include "base/check.h"
#include "base/error.h"
#include "db/migrate.h"
#include "db/testing.h"
#include "dialect.h"

#include <algorithm>
#include <sqlite3.h>

namespace sim {

namespace {

using namespace std::chrono_literals;
using Kind = DatabaseServer::Operation::Kind;

constexpr base::Duration lock_wait_max = 30s;
constexpr base::Duration noticed_within = 20s;  // that a process is gone

sqlite3* opened = nullptr;
std::vector<RowChange> changes;

// SQLite calls it for every connection that is opened: the production class keeps its own to
// itself.
int remember_connection(sqlite3* connection, const char**, const void*) {
  opened = connection;
  return SQLITE_OK;
}

void note_change(void*, int, const char*, const char* table, sqlite3_int64 row) {
  changes.push_back({table, row});
}

void* as_entry_point(int (*function)(sqlite3*, const char**, const void*)) {
  return reinterpret_cast<void*>(function);
}

}  // namespace

DatabaseServer::DatabaseServer(Scheduler& scheduler, Random& random, Story& story)
    : scheduler_(scheduler), random_(random), story_(story) {
  empty();
}

db::sqlite::Connection& DatabaseServer::connection() {
  static auto* made = [] {
    using EntryPoint = void (*)();
    const auto entry = reinterpret_cast<EntryPoint>(as_entry_point(remember_connection));
    CHECK(sqlite3_auto_extension(entry) == SQLITE_OK);
    auto* fresh = new db::sqlite::Connection(":memory:", db::sqlite::Connection::Role::writer, 0ms);
    CHECK(opened != nullptr);
    sqlite3_update_hook(opened, note_change, nullptr);
    for (const db::Migration& migration : db::source_migrations(db::Dialect::sqlite)) {
      fresh->run(migration.sql.c_str());
    }
    return fresh;
  }();
  return *made;
}

void DatabaseServer::empty() {
  db::sqlite::Connection& all = connection();
  if (all.in_transaction()) all.roll_back();
  static const auto* tables = new std::vector<std::string>([&all] {
    std::vector<std::string> names;
    for (const db::Row& row :
         all.execute("SELECT name FROM sqlite_schema WHERE type = 'table'", {}, {})) {
      names.push_back(row[0].text());
    }
    return names;
  }());
  all.run("PRAGMA foreign_keys = OFF");
  for (const std::string& table : *tables) all.run(("DELETE FROM " + table).c_str());
  all.run("PRAGMA foreign_keys = ON");
  changes.clear();
}

void DatabaseServer::submit(OperationPtr operation) {
  const bool slow = weather && random_.chance(weather->slow_database);
  const base::Duration way = slow ? random_.between(base::Duration{50ms}, base::Duration{8s})
                                  : random_.between(base::Duration{100us}, base::Duration{3ms});
  scheduler_.after(way, [this, operation] { arrive(operation); });
}

void DatabaseServer::arrive(OperationPtr operation) {
  scheduler_.count_step(2);
  if (on_door) on_door(operation->owner);
  if (is_down()) return fall(operation, "the database is away");
  if (weather && random_.chance(weather->statement_lost)) {
    return fall(operation, "the connection was lost before");
  }
  if (holder_ && operation->transaction != holder_) return wait_for_lock(operation);
  carry_out(operation);
}

void DatabaseServer::wait_for_lock(OperationPtr operation) {
  waiting_.push_back(operation);
  scheduler_.after(lock_wait_max, [this, operation] {
    if (std::erase(waiting_, operation) > 0) fall(operation, "it waited too long for a lock");
  });
}

void DatabaseServer::carry_out(OperationPtr operation) {
  Operation& work = *operation;
  if (work.transaction && work.transaction->ended)
    return fail(operation, "the connection was lost");
  try {
    if (work.kind == Kind::begin) {
      open_.push_back(work.transaction);
      if (!postgres) take_lock(work.transaction);
    } else if (work.kind == Kind::commit) {
      commit(work.transaction);
    } else {
      run_statement(work);
    }
  } catch (const std::exception&) {
    work.error = std::current_exception();
  }
  // Not within the try: what the witness throws is a fault of ours.
  if (!holder_ && !changes.empty()) on_commit(*work.owner, std::exchange(changes, {}));
  const bool wrote = work.kind == Kind::commit || !work.transaction;
  if (wrote && weather && random_.chance(weather->answer_lost)) {
    story_.tell("database", "the answer to {} is lost: {}", work.owner->name,
                work.kind == Kind::commit ? "COMMIT" : work.sql.substr(0, 60));
    return fall(operation, "the connection was lost");
  }
  answer(operation);
}

void DatabaseServer::run_statement(Operation& work) {
  const bool reads = only_reads(work.sql);
  if (!reads && read_only_until_ > scheduler_.now()) {
    throw db::DatabaseError(db::DatabaseError::Kind::other, "the database only reads at present");
  }
  if (work.transaction && !reads) take_lock(work.transaction);
  const std::size_t before = changes.size();
  try {
    const Statement statement = postgres ? for_sqlite(work.sql, work.params)
                                         : Statement{.sql = work.sql, .params = work.params};
    work.rows = connection().execute(statement.sql, statement.params, {});
  } catch (const db::DatabaseError& error) {
    changes.resize(before);
    if (error.kind == db::DatabaseError::Kind::other) {
      on_bad_statement(fmt::format("{}: {}", error.what(), work.sql));
    }
    throw;
  } catch (...) {
    changes.resize(before);
    throw;
  }
}

void DatabaseServer::take_lock(const TransactionPtr& transaction) {
  if (holder_ == transaction) return;
  CHECK(!holder_);
  connection().run("BEGIN IMMEDIATE");
  holder_ = transaction;
}

void DatabaseServer::commit(const TransactionPtr& transaction) {
  transaction->ended = true;
  std::erase(open_, transaction);
  if (holder_ != transaction) return;
  connection().run("COMMIT");
  release_lock();
}

void DatabaseServer::roll_back(const TransactionPtr& transaction) {
  if (transaction->ended) return;
  transaction->ended = true;
  std::erase(open_, transaction);
  if (holder_ != transaction) return;
  connection().roll_back();
  changes.clear();
  release_lock();
}

// Whoever waited tries again, in the order that chance wants.
void DatabaseServer::release_lock() {
  holder_.reset();
  for (OperationPtr& operation : std::exchange(waiting_, {})) {
    const base::Duration turn = random_.between(base::Duration{1}, base::Duration{300});
    scheduler_.after(turn, [this, operation] { arrive(operation); });
  }
}

void DatabaseServer::abandon(TransactionPtr transaction) {
  if (transaction->ended) return;
  const base::Duration noticed = transaction->owner->alive
                                     ? random_.between(base::Duration{100us}, base::Duration{3ms})
                                     : random_.between(base::Duration{1ms}, noticed_within);
  scheduler_.after(noticed, [this, transaction] { roll_back(transaction); });
}

void DatabaseServer::fail_over(base::Duration time) {
  story_.tell("database", "every connection is lost; away for {} ms", time.count() / 1000);
  for (const TransactionPtr& transaction : std::vector(open_)) roll_back(transaction);
  down_until_ = scheduler_.now() + time;
}

void DatabaseServer::be_read_only(base::Duration time) {
  story_.tell("database", "only reads for {} ms", time.count() / 1000);
  read_only_until_ = scheduler_.now() + time;
}

void DatabaseServer::fail(const OperationPtr& operation, const std::string& why) {
  operation->error = std::make_exception_ptr(base::Unavailable(why));
  answer(operation);
}

// The connection is lost, and the transaction with it.
void DatabaseServer::fall(const OperationPtr& operation, const std::string& why) {
  if (operation->transaction) roll_back(operation->transaction);
  fail(operation, why);
}

void DatabaseServer::answer(const OperationPtr& operation) {
  if (operation->owner->frozen_until > scheduler_.now() && operation->transaction &&
      operation->transaction == holder_) {
    // Nobody hears the answer, and all others wait for it.
    scheduler_.after(noticed_within, [this, transaction = operation->transaction] {
      if (transaction->owner->frozen_until > scheduler_.now()) roll_back(transaction);
    });
  }
  const bool slow = weather && random_.chance(weather->slow_database);
  if (!slow && !random_.chance(0.3)) return scheduler_.resume(operation->owner, operation->done);
  const base::Duration way = slow ? random_.between(base::Duration{50ms}, base::Duration{8s})
                                  : random_.between(base::Duration{50us}, base::Duration{3ms});
  scheduler_.after(way,
                   [this, operation] { scheduler_.resume(operation->owner, operation->done); });
}

class DatabaseDoor::OpenTransaction final : public db::Transaction {
 public:
  OpenTransaction(DatabaseDoor& door, DatabaseServer::TransactionPtr transaction)
      : door_(door), transaction_(std::move(transaction)) {}
  ~OpenTransaction() override { door_.server_.abandon(transaction_); }

  io::Task<db::Rows> execute(std::string sql, db::Params params) override {
    state_.check_statement(sql);
    db::TransactionState::Step step(state_);
    auto rows =
        co_await door_.perform(Kind::statement, transaction_, std::move(sql), std::move(params));
    step.succeeded();
    co_return rows;
  }
  io::Task<> commit() override {
    state_.check_commit();
    co_await door_.perform(Kind::commit, transaction_, {}, {});
  }

 private:
  DatabaseDoor& door_;
  DatabaseServer::TransactionPtr transaction_;
  db::TransactionState state_;
};

io::Task<db::Rows> DatabaseDoor::perform(Kind kind, DatabaseServer::TransactionPtr transaction,
                                         std::string sql, db::Params params) {
  if (!process_->alive) throw_dead();
  auto operation = std::make_shared<DatabaseServer::Operation>(scheduler_.executor());
  operation->kind = kind;
  operation->owner = process_;
  operation->transaction = std::move(transaction);
  operation->sql = std::move(sql);
  operation->params = std::move(params);
  server_.submit(operation);
  co_await operation->done->wait();
  if (!process_->alive) throw_dead();
  if (operation->error) std::rethrow_exception(operation->error);
  co_return std::move(operation->rows);
}

io::Task<db::Rows> DatabaseDoor::execute(std::string sql, db::Params params) {
  db::check_single(sql);
  co_return co_await perform(Kind::statement, nullptr, std::move(sql), std::move(params));
}

io::Task<std::unique_ptr<db::Transaction>> DatabaseDoor::begin() {
  auto transaction = std::make_shared<DatabaseServer::Transaction>();
  transaction->owner = process_;
  // Made first: dropped on the way, it is given up all the same.
  auto open = std::make_unique<OpenTransaction>(*this, transaction);
  co_await perform(Kind::begin, transaction, {}, {});
  co_return open;
}

}  // namespace sim
