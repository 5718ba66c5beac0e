// For tests only: a fresh, migrated database of either kind, gone at the end.
//
//   class Posts : public testing::TestWithParam<db::Dialect> {
//    protected:
//     db::TestDatabase database_{GetParam()};   // all of migrations/
//   };
//   INSTANTIATE_TEST_SUITE_P(Databases, Posts, testing::ValuesIn(db::available_dialects()),
//                            db::dialect_of_test);
//   TEST_P(Posts, Something) {
//     database_.run([](db::Database& database) -> io::Task<> { ... });
//   }
//
// PostgreSQL is tested when TEST_POSTGRES_URL names a server on which databases may be made. With
// TEST_PGBOUNCER_URL the very same tests reach these databases through that PgBouncer.
#pragma once

#include "db/database.h"
#include "db/migrate.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace db {

// True when TEST_PGBOUNCER_URL is set: what needs a session of its own does not work then.
bool through_pgbouncer();

// SQLite, and PostgreSQL when there is one to test with; says so on stderr when there is none.
std::vector<Dialect> available_dialects();
std::string name_of(Dialect dialect);

// Names the instances of a parameterised test: ".../sqlite" and ".../postgres".
inline constexpr auto dialect_of_test = [](const auto& info) { return name_of(info.param); };

// The migrations of the source tree.
std::vector<Migration> source_migrations(Dialect dialect);

class TestDatabase {
 public:
  explicit TestDatabase(Dialect dialect);  // with the migrations of the source tree
  TestDatabase(Dialect dialect, std::vector<Migration> migrations);
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  Dialect dialect() const { return dialect_; }
  const std::string& url() const { return url_; }
  // Straight to the server where url() leads through PgBouncer.
  const std::string& direct_url() const { return direct_url_; }
  // For the loop of a task that runs already. `options` without url.
  std::unique_ptr<Database> open(io::Executor executor, Options options = {}) const;
  // A loop of its own: opens, runs `body` to its end, closes. Throws what the body threw.
  void run(std::function<io::Task<>(Database&)> body) const;

 private:
  struct CopyOf {
    explicit CopyOf(const TestDatabase* database) : original(database) {}
    const TestDatabase* original;  // null: an empty database
  };
  TestDatabase(Dialect dialect, CopyOf copy_of);
  static CopyOf source_template(Dialect dialect);

  Dialect dialect_;
  std::string name_;  // PostgreSQL's database or SQLite's folder
  std::string url_;
  std::string direct_url_;
};

}  // namespace db
