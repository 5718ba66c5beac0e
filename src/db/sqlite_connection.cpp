#include "db/sqlite_connection.h"

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "db/sql_text.h"

#include <charconv>
#include <limits>

namespace db::sqlite {
namespace {

constexpr std::size_t statements_max = 96;
constexpr int steps_between_checks = 20'000;

DatabaseError::Kind kind_of(int extended_code) {
  switch (extended_code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return DatabaseError::Kind::unique;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return DatabaseError::Kind::foreign_key;
    case SQLITE_CONSTRAINT_CHECK:
    case SQLITE_CONSTRAINT_NOTNULL:
      return DatabaseError::Kind::check;
    case SQLITE_BUSY_SNAPSHOT:
      return DatabaseError::Kind::serialization;
    default:
      return DatabaseError::Kind::other;
  }
}

bool may_pass(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
      return true;
    default:
      return false;
  }
}

Value read_column(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return sqlite3_column_int64(statement, column);
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      const int size = sqlite3_column_bytes(statement, column);
      return Bytes{size == 0 ? std::string() : std::string(bytes, static_cast<std::size_t>(size))};
    }
    default:
      return {};
  }
}

// PostgreSQL refuses such text; so does SQLite here, or a bug would show only after the move.
void check_text(const std::string& text) {
  if (text.find('\0') != std::string::npos) {
    throw DatabaseError(DatabaseError::Kind::other, "a text parameter holds a NUL byte");
  }
  if (!base::is_utf8(text)) {
    throw DatabaseError(DatabaseError::Kind::other, "a text parameter is not UTF-8");
  }
}

struct Binder {
  sqlite3_stmt* statement;
  int index;

  int operator()(Null) const { return sqlite3_bind_null(statement, index); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, index, value); }
  int operator()(double value) const { return sqlite3_bind_double(statement, index, value); }
  int operator()(const std::string& text) const {
    check_text(text);
    return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  int operator()(const Bytes& bytes) const {
    const std::string& data = bytes.data;
    return sqlite3_bind_blob64(statement, index, data.data(), data.size(), SQLITE_STATIC);
  }
};

// Statements must not hold their rows (a read lock) or their parameters (not ours to keep) longer.
struct Reset {
  sqlite3_stmt* statement;
  ~Reset() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

}  // namespace

void throw_error(sqlite3* handle, int code) {
  const int extended = handle == nullptr ? code : sqlite3_extended_errcode(handle);
  const char* message = handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle);
  if (code == SQLITE_INTERRUPT) throw base::Unavailable("SQLite: the statement timed out");
  if (extended != SQLITE_BUSY_SNAPSHOT && may_pass(code)) {
    throw base::Unavailable(fmt::format("SQLite: {}", message));
  }
  throw DatabaseError(kind_of(extended), fmt::format("SQLite: {}", message));
}

Connection::Connection(const std::string& path, Role role, std::chrono::milliseconds busy_timeout) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) throw_error(handle, code);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  // FULL: with NORMAL a power failure may undo the last commits, and an attempt that was committed
  // before its bytes went out must never be forgotten.
  run("PRAGMA synchronous = FULL");
  run("PRAGMA foreign_keys = ON");
  run("PRAGMA trusted_schema = OFF");
  run("PRAGMA mmap_size = 0");
  run("PRAGMA temp_store = MEMORY");
  run("PRAGMA cache_size = -2000");
  if (role == Role::reader) run("PRAGMA query_only = ON");
  sqlite3_progress_handler(
      handle, steps_between_checks,
      [](void* self) { return static_cast<Connection*>(self)->must_stop() ? 1 : 0; }, this);
}

bool Connection::must_stop() const {
  if (stop_.abandoned != nullptr && *stop_.abandoned) return true;
  return std::chrono::steady_clock::now() > stop_.deadline;
}

void Connection::run(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw_error(handle_.get(), code & 0xff);
}

void Connection::roll_back() {
  // A failure is of no interest as long as the transaction is over.
  sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  CHECK(!in_transaction());
}

Connection::Statement Connection::compile(const std::string& sql) {
  sqlite3_stmt* compiled = nullptr;
  const char* tail = nullptr;
  if (sql.size() > static_cast<std::size_t>(std::numeric_limits<int>::max() - 1)) {
    throw DatabaseError(DatabaseError::Kind::other, "the statement is too long");
  }
  const int code = sqlite3_prepare_v3(handle_.get(), sql.c_str(), static_cast<int>(sql.size() + 1),
                                      SQLITE_PREPARE_PERSISTENT, &compiled, &tail);
  Statement statement;
  statement.handle.reset(compiled);
  if (code != SQLITE_OK) throw_error(handle_.get(), code & 0xff);
  if (compiled == nullptr || !split_statements(tail).empty()) {
    throw DatabaseError(DatabaseError::Kind::other, "one statement at a time");
  }
  statement.changes_rows = verb_of(sql) == Verb::change && sqlite3_stmt_readonly(compiled) == 0;
  for (int index = 1; index <= sqlite3_bind_parameter_count(compiled); ++index) {
    const char* name = sqlite3_bind_parameter_name(compiled, index);
    const std::string_view text = name == nullptr ? "" : name;
    std::size_t number = 0;
    const bool dollar = text.size() > 1 && text.front() == '$';
    if (dollar) std::from_chars(text.data() + 1, text.data() + text.size(), number);
    if (number == 0) {
      throw DatabaseError(DatabaseError::Kind::other, "parameters are written $1, $2, ...");
    }
    statement.param_of.push_back(number - 1);
    statement.params = std::max(statement.params, number);
  }
  return statement;
}

Connection::Statement& Connection::prepare(const std::string& sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) {
    by_use_.splice(by_use_.end(), by_use_, found->second.used);
    return found->second;
  }
  if (statements_.size() >= statements_max) forget_oldest();
  const auto added = statements_.emplace(sql, compile(sql)).first;
  added->second.used = by_use_.insert(by_use_.end(), &added->first);
  return added->second;
}

void Connection::forget_oldest() {
  const std::string sql = *by_use_.front();
  by_use_.pop_front();
  statements_.erase(sql);
}

bool Connection::is_read_only(const std::string& sql) {
  const bool known = statements_.contains(sql);
  const bool reads = sqlite3_stmt_readonly(prepare(sql).handle.get()) != 0;
  if (!known && !reads) {
    by_use_.pop_back();
    statements_.erase(sql);
  }
  return reads;
}

void Connection::bind(sqlite3* handle, Statement& statement, const Params& params) {
  if (params.size() != statement.params) {
    throw DatabaseError(DatabaseError::Kind::other,
                        fmt::format("the statement has {} parameters, given were {}",
                                    statement.params, params.size()));
  }
  int index = 0;
  for (const std::size_t param : statement.param_of) {
    const int code = std::visit(Binder{statement.handle.get(), ++index}, params[param].storage());
    if (code != SQLITE_OK) throw_error(handle, code & 0xff);
  }
}

void Connection::read_names(Statement& statement) {
  sqlite3_stmt* handle = statement.handle.get();
  const int compilations = sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_REPREPARE, 0);
  if (statement.names && compilations == statement.compilations) return;
  const int columns = sqlite3_column_count(handle);
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(columns));
  for (int column = 0; column < columns; ++column) {
    names.emplace_back(sqlite3_column_name(handle, column));
  }
  statement.names = std::make_shared<const std::vector<std::string>>(std::move(names));
  statement.compilations = compilations;
}

Rows Connection::step_all(Statement& statement) {
  sqlite3_stmt* handle = statement.handle.get();
  Rows rows;
  int code = sqlite3_step(handle);
  // After the first step: a changed schema has been noticed by then.
  read_names(statement);
  rows.names = statement.names;
  const int columns = sqlite3_column_count(handle);
  for (; code == SQLITE_ROW; code = sqlite3_step(handle)) {
    std::vector<Value> values;
    values.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) values.push_back(read_column(handle, column));
    rows.rows.emplace_back(rows.names, std::move(values));
  }
  if (code != SQLITE_DONE) throw_error(handle_.get(), code & 0xff);
  if (statement.changes_rows) {
    rows.affected = sqlite3_changes64(handle_.get());
  } else {
    rows.affected = static_cast<std::int64_t>(rows.rows.size());
  }
  return rows;
}

Rows Connection::execute(const std::string& sql, const Params& params, Stop stop) {
  Statement& statement = prepare(sql);
  const Reset reset{statement.handle.get()};
  bind(handle_.get(), statement, params);
  stop_ = stop;
  struct Disarm {
    Stop& stop;
    ~Disarm() { stop = {}; }
  } const disarm{stop_};
  return step_all(statement);
}

}  // namespace db::sqlite
