#include "db/migrate.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/text.h"
#include "db/sql_text.h"

#include <charconv>

namespace db {
namespace {

// Replicas that start together: one migrates, the others ask again this often, for this long.
constexpr std::chrono::milliseconds lock_retry{100};
constexpr std::chrono::minutes lock_timeout{10};
constexpr std::int64_t lock_key = 0x5354'7241'6d69'6772;

constexpr const char* create_table =
    "/* schema_migrations create */ CREATE TABLE IF NOT EXISTS schema_migrations ("
    "number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, "
    "applied_at BIGINT NOT NULL)";

std::string checksum(const Migration& migration) { return base::hex(base::sha256(migration.sql)); }

// "0001_jobs.pg.sql" as number and name; nothing when it is for the other dialect.
std::optional<Migration> read_name(Dialect dialect, std::string_view file) {
  std::string_view name = file.substr(file.rfind('/') + 1);
  CHECK(name.ends_with(".sql"));
  name.remove_suffix(4);
  for (const auto& [suffix, of] : {std::pair{std::string_view(".pg"), Dialect::postgres},
                                   std::pair{std::string_view(".sqlite"), Dialect::sqlite}}) {
    if (!name.ends_with(suffix)) continue;
    if (of != dialect) return std::nullopt;
    name.remove_suffix(suffix.size());
  }
  Migration migration{.name = std::string(name)};
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), migration.number);
  CHECK(error == std::errc() && end == name.data() + 4 && name.size() > 5 && *end == '_');
  return migration;
}

std::runtime_error changed(const Migration& migration) {
  return std::runtime_error(fmt::format(
      "migration {} was changed after it had been applied to this database; put the file back as "
      "it was and write a new migration instead",
      migration.name));
}

// The migrations that the database does not have. Throws when one it has is not ours any more.
std::vector<Migration> missing(const Rows& applied, const std::vector<Migration>& migrations) {
  std::map<std::int64_t, std::string> checksums;
  for (const Row& row : applied) checksums[row[0].integer()] = row[1].text();
  std::vector<Migration> result;
  for (const Migration& migration : migrations) {
    const auto found = checksums.find(migration.number);
    if (found == checksums.end()) {
      result.push_back(migration);
    } else if (found->second != checksum(migration)) {
      throw changed(migration);
    }
  }
  return result;
}

io::Task<Rows> read_applied(Session& session) {
  return session.execute("SELECT number, checksum FROM schema_migrations");
}

// A transaction that no other replica has at the same time.
io::Task<std::unique_ptr<Transaction>> begin_alone(Database& database) {
  const auto give_up = std::chrono::steady_clock::now() + lock_timeout;
  while (std::chrono::steady_clock::now() < give_up) {
    std::unique_ptr<Transaction> transaction = co_await database.begin();
    if (database.dialect() == Dialect::sqlite) co_return transaction;  // begins as the one writer
    const Rows locked = co_await transaction->execute(
        "SELECT pg_try_advisory_xact_lock(CAST($1 AS BIGINT)) AS locked", {lock_key});
    if (locked[0]["locked"].boolean()) co_return transaction;
    transaction.reset();
    co_await io::sleep_for(lock_retry);
  }
  throw base::Unavailable("another process has been migrating the database for ten minutes");
}

io::Task<> apply(Transaction& transaction, Migration migration) {
  for (const std::string& statement : split_statements(migration.sql)) {
    co_await transaction.execute(statement);
  }
  co_await transaction.execute(
      "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
      {migration.number, migration.name, checksum(migration), base::SystemClock().now()});
}

// Applies the first missing one, or says that there is none.
io::Task<std::optional<std::string>> apply_next(Database& database,
                                                std::vector<Migration> migrations) {
  const std::unique_ptr<Transaction> transaction = co_await begin_alone(database);
  const Rows applied = co_await read_applied(*transaction);
  const std::vector<Migration> todo = missing(applied, migrations);
  if (todo.empty()) co_return std::nullopt;
  std::string failure;
  try {
    co_await apply(*transaction, todo.front());
  } catch (const DatabaseError& error) {
    failure = error.what();
  }
  if (!failure.empty()) {
    throw std::runtime_error(fmt::format("migration {}: {}", todo.front().name, failure));
  }
  co_await transaction->commit();
  co_return todo.front().name;
}

io::Task<bool> table_exists(Database& database) {
  const bool postgres = database.dialect() == Dialect::postgres;
  const Rows rows = co_await database.execute(
      postgres ? "SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL"
               : "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'");
  co_return !rows.empty();
}

}  // namespace

std::vector<Migration> migrations_for(Dialect dialect, base::EmbeddedFiles files) {
  std::map<int, Migration> by_number;
  for (const base::EmbeddedFile& file : files) {
    std::optional<Migration> migration = read_name(dialect, file.path);
    if (!migration) continue;
    migration->sql = std::string(file.bytes);
    const int number = migration->number;
    CHECK(by_number.emplace(number, std::move(*migration)).second);  // two with one number
  }
  std::vector<Migration> migrations;
  migrations.reserve(by_number.size());
  for (auto& [number, migration] : by_number) migrations.push_back(std::move(migration));
  return migrations;
}

io::Task<std::vector<std::string>> migrate(Database& database, std::vector<Migration> migrations) {
  {
    // A database that is up to date is only read: quick, and no lock is waited for.
    const std::vector<std::string> todo = co_await pending(database, migrations);
    if (todo.empty()) co_return todo;
    const std::unique_ptr<Transaction> transaction = co_await begin_alone(database);
    co_await transaction->execute(create_table);
    co_await transaction->commit();
  }
  std::vector<std::string> applied;
  for (;;) {
    std::optional<std::string> name = co_await apply_next(database, migrations);
    if (!name) co_return applied;
    applied.push_back(std::move(*name));
  }
}

io::Task<std::vector<std::string>> pending(Database& database, std::vector<Migration> migrations) {
  std::vector<std::string> names;
  const bool exists = co_await table_exists(database);
  Rows applied;
  if (exists) applied = co_await read_applied(database);
  for (const Migration& migration : missing(applied, migrations)) names.push_back(migration.name);
  co_return names;
}

}  // namespace db
