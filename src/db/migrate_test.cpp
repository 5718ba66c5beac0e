#include "db/migrate.h"

#include "db/testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace db {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Migrate : public testing::TestWithParam<Dialect> {
 protected:
  std::vector<std::string> migrate_with(std::vector<Migration> migrations) const {
    std::vector<std::string> applied;
    test_.run([&](Database& database) { return keep(migrate(database, migrations), &applied); });
    return applied;
  }
  std::vector<std::string> pending_of(std::vector<Migration> migrations) const {
    std::vector<std::string> names;
    test_.run([&](Database& database) { return keep(pending(database, migrations), &names); });
    return names;
  }
  std::string failure_of(std::vector<Migration> migrations) const {
    try {
      migrate_with(std::move(migrations));
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }

  TestDatabase test_{GetParam(), {}};

 private:
  static io::Task<> keep(io::Task<std::vector<std::string>> task, std::vector<std::string>* into) {
    *into = co_await std::move(task);
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, Migrate, testing::ValuesIn(available_dialects()),
                         dialect_of_test);

const Migration first{1, "0001_first", "CREATE TABLE a (id TEXT);\nINSERT INTO a VALUES ('x;');\n"};
const Migration second{2, "0002_second", "ALTER TABLE a ADD COLUMN b TEXT;\n"};
const Migration broken{3, "0003_broken",
                       "CREATE TABLE c (id TEXT);\nINSERT INTO nowhere VALUES (1);\n"};

TEST_P(Migrate, AppliesWhatIsMissingInOrder) {
  EXPECT_THAT(pending_of({first, second}), ElementsAre("0001_first", "0002_second"));
  EXPECT_THAT(migrate_with({first}), ElementsAre("0001_first"));
  EXPECT_THAT(pending_of({first, second}), ElementsAre("0002_second"));
  EXPECT_THAT(migrate_with({first, second}), ElementsAre("0002_second"));
  EXPECT_THAT(migrate_with({first, second}), IsEmpty());
  EXPECT_THAT(pending_of({first, second}), IsEmpty());
}

TEST_P(Migrate, ANewerSchemaIsFine) {
  migrate_with({first, second});
  EXPECT_THAT(migrate_with({first}), IsEmpty());
  EXPECT_THAT(pending_of({first}), IsEmpty());
}

TEST_P(Migrate, RefusesAMigrationThatWasChangedAfterwards) {
  migrate_with({first, second});
  Migration changed = first;
  changed.sql += "-- a later thought\n";
  EXPECT_THAT(failure_of({changed, second}), HasSubstr("0001_first was changed"));
}

TEST_P(Migrate, AFailureLeavesNothingOfThatMigration) {
  EXPECT_THAT(failure_of({first, second, broken}), HasSubstr("migration 0003_broken: "));
  EXPECT_THAT(pending_of({first, second, broken}), ElementsAre("0003_broken"));
  Migration mended = broken;
  mended.sql = "CREATE TABLE c (id TEXT);\n";
  EXPECT_THAT(migrate_with({first, second, mended}), ElementsAre("0003_broken"));
}

TEST_P(Migrate, ReplicasThatStartTogetherDoNotCollide) {
  std::vector<std::thread> replicas;
  std::atomic<int> applied = 0;
  for (int replica = 0; replica < 4; ++replica) {
    replicas.emplace_back(
        [&] { applied += static_cast<int>(migrate_with({first, second}).size()); });
  }
  for (std::thread& replica : replicas) replica.join();
  EXPECT_EQ(applied, 2);
}

TEST_P(Migrate, TheMigrationsOfThisProjectApply) {
  const std::vector<Migration> all = source_migrations(GetParam());
  EXPECT_EQ(migrate_with(all).size(), all.size());
  EXPECT_THAT(pending_of(all), IsEmpty());
}

TEST(MigrationsFor, TakesTheFilesOfItsDialect) {
  const base::EmbeddedFile files[] = {
      {"0002_b.pg.sql", "pg"}, {"0002_b.sqlite.sql", "lite"}, {"0001_a.sql", "both"}};
  const auto migrations = migrations_for(Dialect::sqlite, {files, 3});
  ASSERT_EQ(migrations.size(), 2U);
  EXPECT_EQ(migrations[0].name, "0001_a");
  EXPECT_EQ(migrations[1].number, 2);
  EXPECT_EQ(migrations[1].sql, "lite");
  EXPECT_EQ(migrations_for(Dialect::postgres, {files, 3})[1].sql, "pg");
}

TEST(MigrationsForDeathTest, RefusesNamesThatDoNotFit) {
  const base::EmbeddedFile unnumbered{"first.sql", ""};
  EXPECT_DEATH(migrations_for(Dialect::sqlite, {&unnumbered, 1}), "CHECK");
  const base::EmbeddedFile twice[] = {{"0001_a.sql", ""}, {"0001_b.sql", ""}};
  EXPECT_DEATH(migrations_for(Dialect::sqlite, {twice, 2}), "CHECK");
}

}  // namespace
}  // namespace db
