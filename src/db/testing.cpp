#include "db/testing.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/text.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <libpq-fe.h>
#include <sstream>
#include <unistd.h>

namespace db {
namespace {

std::string postgres_url() {
  const char* url = std::getenv("TEST_POSTGRES_URL");
  return url == nullptr ? "" : url;
}

std::string pgbouncer_url() {
  const char* url = std::getenv("TEST_PGBOUNCER_URL");
  return url == nullptr ? "" : url;
}

void run_on_server(const std::string& sql) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(postgres_url().c_str()),
                                                                &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()),
                                                             &PQclear);
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    throw base::Unavailable(fmt::format("TEST_POSTGRES_URL: {}", PQerrorMessage(connection.get())));
  }
}

// The URL of a server with another database.
std::string url_of_database(const std::string& url, const std::string& name) {
  const std::size_t authority = url.find("://") + 3;
  const std::size_t query = std::min(url.find('?', authority), url.size());
  const std::size_t path = std::min(url.find('/', authority), query);
  return url.substr(0, path) + "/" + name + url.substr(query);
}

io::Task<> run_body(std::unique_ptr<Database>* database,
                    std::function<io::Task<>(Database&)> body) {
  std::exception_ptr failure;
  try {
    co_await body(**database);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await (*database)->close();
  if (failure) std::rethrow_exception(failure);
}

io::Task<> open_and_run(std::string url, std::function<io::Task<>(Database&)> body) {
  std::unique_ptr<Database> database =
      db::open(co_await asio::this_coro::executor, {.url = std::move(url)});
  co_await run_body(&database, std::move(body));
}

io::Task<> apply_all(Database& database, std::vector<Migration> migrations) {
  co_await migrate(database, std::move(migrations));
}

}  // namespace

bool through_pgbouncer() { return !pgbouncer_url().empty(); }

std::vector<Dialect> available_dialects() {
  if (!postgres_url().empty()) return {Dialect::sqlite, Dialect::postgres};
  static const bool told = [] {
    std::fputs("SKIPPED: every test on PostgreSQL, because TEST_POSTGRES_URL is not set\n", stderr);
    return true;
  }();
  CHECK(told);
  return {Dialect::sqlite};
}

std::string name_of(Dialect dialect) { return dialect == Dialect::sqlite ? "sqlite" : "postgres"; }

std::vector<Migration> source_migrations(Dialect dialect) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/migrations")) {
    if (entry.path().extension() != ".sql") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    contents[entry.path().filename().string()] = text.str();
  }
  std::vector<base::EmbeddedFile> files;
  files.reserve(contents.size());
  for (const auto& [name, text] : contents) files.push_back({name, text});
  return migrations_for(dialect, {files.data(), files.size()});
}

TestDatabase::TestDatabase(Dialect dialect) : TestDatabase(dialect, source_template(dialect)) {}

TestDatabase::TestDatabase(Dialect dialect, std::vector<Migration> migrations)
    : TestDatabase(dialect, CopyOf(nullptr)) {
  if (migrations.empty()) return;
  // Directly: PgBouncer would keep its connections, and a database in use cannot be copied.
  io::run([&] {
    return open_and_run(
        direct_url_, [&migrations](Database& database) { return apply_all(database, migrations); });
  });
}

TestDatabase::TestDatabase(Dialect dialect, CopyOf copy_of) : dialect_(dialect) {
  const std::string unique = base::hex(base::random_bytes(8));
  if (dialect == Dialect::sqlite) {
    name_ = (std::filesystem::temp_directory_path() / ("socialtrend_test_" + unique)).string();
    CHECK(std::filesystem::create_directory(name_));
    if (copy_of.original != nullptr) std::filesystem::copy(copy_of.original->name_, name_);
    url_ = direct_url_ = "sqlite://" + name_ + "/test.db";
  } else {
    name_ = "socialtrend_test_" + unique;
    const std::string original =
        copy_of.original == nullptr ? "template0" : copy_of.original->name_;
    run_on_server("CREATE DATABASE " + name_ + " TEMPLATE " + original + " ENCODING 'UTF8'");
    direct_url_ = url_of_database(postgres_url(), name_);
    url_ = through_pgbouncer() ? url_of_database(pgbouncer_url(), name_) : direct_url_;
  }
}

// Migrating takes longer than most tests: done once a process, then copied.
TestDatabase::CopyOf TestDatabase::source_template(Dialect dialect) {
  static std::mutex mutex;
  static std::map<Dialect, std::unique_ptr<TestDatabase>> templates;
  const std::lock_guard lock(mutex);
  std::unique_ptr<TestDatabase>& original = templates[dialect];
  if (!original) original = std::make_unique<TestDatabase>(dialect, source_migrations(dialect));
  return CopyOf(original.get());
}

TestDatabase::~TestDatabase() {
  if (dialect_ == Dialect::sqlite) {
    std::error_code error;
    std::filesystem::remove_all(name_, error);
    return;
  }
  try {
    run_on_server("DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s was left behind: %s\n", name_.c_str(), error.what());
  }
}

std::unique_ptr<Database> TestDatabase::open(io::Executor executor, Options options) const {
  options.url = url_;
  return db::open(std::move(executor), std::move(options));
}

void TestDatabase::run(std::function<io::Task<>(Database&)> body) const {
  io::run([this, &body] { return open_and_run(url_, body); });
}

}  // namespace db
