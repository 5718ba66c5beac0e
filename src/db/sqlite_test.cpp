// What only SQLite has: files, power failures, memory.
#include "base/error.h"
#include "db/testing.h"

#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sqlite3.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace db {
namespace {

using testing::HasSubstr;

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/socialtrend_sqlite_XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string failure_to_open(Options options) {
  asio::io_context loop;
  try {
    open(loop.get_executor(), options);
  } catch (const base::Unavailable& error) {
    return error.what();
  }
  return "";
}

TEST(SqliteOpen, RefusesWhatIsNotOurs) {
  const Folder folder;
  std::ofstream(folder.file("text.db")) << std::string(5000, 'x');
  EXPECT_THAT(failure_to_open({.url = "sqlite://" + folder.file("text.db")}),
              HasSubstr("file is not a database"));

  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(folder.file("other.db").c_str(), &other), SQLITE_OK);
  sqlite3_exec(other, "CREATE TABLE theirs (id)", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_THAT(failure_to_open({.url = "sqlite://" + folder.file("other.db")}),
              HasSubstr("other.db: it is the database of another program"));
}

TEST(SqliteOpen, SaysWhyItCannot) {
  const Folder folder;
  EXPECT_THAT(failure_to_open({.url = "sqlite:///proc/nowhere/x.db"}), HasSubstr("/proc/nowhere"));
  EXPECT_THAT(failure_to_open({.url = "sqlite://" + folder.file("missing.db"), .create = false}),
              HasSubstr("missing.db"));
  EXPECT_THAT(failure_to_open({.url = "sqlite:///"}), HasSubstr("names no file"));
  EXPECT_THAT(failure_to_open({.url = "mysql://u:secret@h/d"}), HasSubstr("mysql://u:***@h/d"));
}

TEST(SqliteOpen, MakesFoldersAndAPrivateFile) {
  const Folder folder;
  const std::string path = folder.file("a/b/new.db");
  EXPECT_EQ(failure_to_open({.url = "sqlite://" + path}), "");
  EXPECT_EQ(failure_to_open({.url = "sqlite:" + path}), "");  // and opens it again
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

io::Task<> use_memory() {
  const auto database = open(co_await asio::this_coro::executor, {.url = "sqlite::memory:"});
  co_await database->execute("CREATE TABLE a (id TEXT)");
  auto transaction = co_await database->begin();
  co_await transaction->execute("INSERT INTO a VALUES ('x')");
  co_await transaction->commit();
  const Rows rows = co_await database->execute("SELECT id FROM a");
  EXPECT_EQ(rows.size(), 1U);
  co_await database->close();
}

TEST(SqliteMemory, IsOneDatabaseForAll) { io::run(use_memory); }

io::Task<> commit_and_die(std::string url) {
  const auto database = open(co_await asio::this_coro::executor, {.url = url});
  co_await database->execute("CREATE TABLE a (id TEXT)");
  co_await database->execute("INSERT INTO a VALUES ('single')");
  auto transaction = co_await database->begin();
  co_await transaction->execute("INSERT INTO a VALUES ('committed')");
  co_await transaction->commit();
  auto open_one = co_await database->begin();
  co_await open_one->execute("INSERT INTO a VALUES ('not committed')");
  ::_exit(7);
}

io::Task<> read_ids(std::string url, std::string* ids) {
  const auto database = open(co_await asio::this_coro::executor, {.url = url});
  for (const Row& row : co_await database->execute("SELECT id FROM a ORDER BY id")) {
    *ids += row["id"].text() + ",";
  }
}

// In the child that the test below starts, this takes the place of the tests.
class CrashChild : public testing::Environment {
 public:
  void SetUp() override {
    const char* url = std::getenv("CRASH_TEST_URL");
    if (url != nullptr) io::run([&] { return commit_and_die(url); });
  }
};
[[maybe_unused]] const testing::Environment* const crash_child =
    testing::AddGlobalTestEnvironment(new CrashChild);

// This program again, as a fresh process: one that only forked would share its parent's threads.
int run_child(const std::string& url) {
  std::string variable = "CRASH_TEST_URL=" + url;
  std::string program = "/proc/self/exe";
  char* arguments[] = {program.data(), nullptr};
  char* environment[] = {variable.data(), nullptr};
  pid_t child = 0;
  if (::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environment) != 0) {
    return -1;
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(SqliteCrash, KeepsWhatWasCommittedAndNothingElse) {
  const Folder folder;
  const std::string url = "sqlite://" + folder.file("crash.db");
  ASSERT_EQ(run_child(url), 7);
  std::string ids;
  io::run([&] { return read_ids(url, &ids); });
  EXPECT_EQ(ids, "committed,single,");
}

io::Task<> read_pragmas(Database& database) {
  const auto transaction = co_await database.begin();  // on the writer
  Rows rows = co_await transaction->execute("PRAGMA synchronous");
  EXPECT_EQ(rows[0][0].integer(), 2);  // FULL
  rows = co_await transaction->execute("PRAGMA journal_mode");
  EXPECT_EQ(rows[0][0].text(), "wal");
  rows = co_await transaction->execute("PRAGMA foreign_keys");
  EXPECT_EQ(rows[0][0].integer(), 1);
}

TEST(SqliteSettings, CommitsSurviveAPowerFailure) {
  TestDatabase(Dialect::sqlite, {}).run(read_pragmas);
}

io::Task<> leave_transaction_open(Database& database) {
  bool refused = false;
  try {
    co_await database.execute("SAVEPOINT here");
  } catch (const DatabaseError&) {
    refused = true;
  }
  EXPECT_TRUE(refused);
  co_await database.execute("CREATE TABLE a (id TEXT)");
  const Rows rows = co_await database.execute("SELECT count(*) FROM a");
  EXPECT_EQ(rows[0][0].integer(), 0);
}

TEST(SqliteSingle, CannotOpenATransaction) {
  TestDatabase(Dialect::sqlite, {}).run(leave_transaction_open);
}

io::Task<> change_schema(Database& database) {
  co_await database.execute("CREATE TABLE a (x TEXT)");
  co_await database.execute("INSERT INTO a VALUES ('1')");
  Rows rows = co_await database.execute("SELECT * FROM a");
  co_await database.execute("ALTER TABLE a ADD COLUMN y TEXT DEFAULT '2'");
  rows = co_await database.execute("SELECT * FROM a");
  EXPECT_EQ(rows[0]["y"].text(), "2");
}

TEST(SqliteStatements, NoticeAChangedSchema) {
  TestDatabase(Dialect::sqlite, {}).run(change_schema);
}

io::Task<> many_statements(Database& database) {
  co_await database.execute("CREATE TABLE a (x BIGINT)");
  for (int i = 0; i < 300; ++i) {  // more than the cache holds
    co_await database.execute(fmt::format("INSERT INTO a VALUES ({})", i));
    const Rows rows = co_await database.execute(fmt::format("SELECT x FROM a WHERE x = {}", i));
    EXPECT_EQ(rows.size(), 1U);
  }
}

TEST(SqliteStatements, MayBeMoreThanTheCacheHolds) {
  TestDatabase(Dialect::sqlite, {}).run(many_statements);
}

TEST(MaskedUrl, HidesPasswords) {
  EXPECT_EQ(masked_url("postgres://u:p@h:5432/d"), "postgres://u:***@h:5432/d");
  EXPECT_EQ(masked_url("postgres://u:p/a@b:c@h/d?x=1"), "postgres://u:***@h/d?x=1");
  EXPECT_EQ(masked_url("postgres://u@h/d"), "postgres://u@h/d");
  EXPECT_EQ(masked_url("postgres://h/d?user=u&password=p&sslpassword=q&x=1"),
            "postgres://h/d?user=u&password=***&sslpassword=***&x=1");
  EXPECT_EQ(masked_url("sqlite:///a/b@c:d.db"), "sqlite:///a/b@c:d.db");
}

}  // namespace
}  // namespace db
