// Rows handed over as a table: the same on both databases, whatever stands in them.
#include "db/given.h"

#include "db/conformance.h"

namespace db {
namespace {

class Given : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Databases, Given, testing::ValuesIn(available_dialects()),
                         dialect_of_test);

io::Task<> hostile_texts(Database& database) {
  const std::vector<std::string> texts = {"",           "NULL",     "null", "a,b",       "{x}",
                                          "\"quoted\"", "\\",       "\\\"", " x ",       "$1",
                                          "'",          "Grüße 🎉", "\n\t", "{\"a\":[]}"};
  GivenRows given(database.dialect(), {{"id", Column::text}, {"n", Column::integer}});
  std::int64_t number = std::numeric_limits<std::int64_t>::min();
  for (const std::string& text : texts) given.add({text, number++});
  given.add({"of null", nullptr});
  const std::string weight = given.parameter(0.5);
  co_await database.execute(
      fmt::format("WITH {} INSERT INTO items (id, count, weight) SELECT id, n, CAST({} AS DOUBLE"
                  " PRECISION) FROM given",
                  given.table(), weight),
      given.take());
  number = std::numeric_limits<std::int64_t>::min();
  for (const std::string& text : texts) {
    const Rows rows =
        co_await database.execute("SELECT count, weight FROM items WHERE id = $1", {text});
    EXPECT_EQ(rows.size(), 1u) << text;
    EXPECT_EQ(rows[0]["count"].integer(), number++) << text;
    EXPECT_EQ(rows[0]["weight"].real(), 0.5);
  }
  const Rows null = co_await database.execute("SELECT count FROM items WHERE id = 'of null'");
  EXPECT_TRUE(null[0][0].is_null());
}

TEST_P(Given, KeepsEveryText) { test_.run(hostile_texts); }

io::Task<> joins(Database& database) {
  co_await database.execute("INSERT INTO items (id, count) VALUES ('a', 1), ('b', 2), ('c', 3)");
  GivenRows given(database.dialect(), {{"id", Column::text}, {"n", Column::integer}});
  given.add({"a", 10});
  given.add({"c", 30});
  given.add({"x", 90});
  const Rows rows = co_await database.execute(
      "WITH " + given.table() +
          " UPDATE items SET count = items.count + given.n FROM given WHERE items.id = given.id"
          " RETURNING items.id, items.count",
      given.take());
  EXPECT_EQ(rows.size(), 2u);
  const Rows all = co_await database.execute("SELECT SUM(count) FROM items");
  EXPECT_EQ(all[0][0].real(), 46);
}

TEST_P(Given, IsJoinedLikeATable) { test_.run(joins); }

}  // namespace
}  // namespace db
