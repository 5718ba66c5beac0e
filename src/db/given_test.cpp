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

// What is the same in every row, in none, in one alone, or from some row on.
io::Task<> hands_over_what_is_alike(Database& database) {
  using Wanted = std::vector<std::pair<std::string, std::optional<std::int64_t>>>;
  const std::optional<std::int64_t> none;
  const std::vector<Wanted> cases = {
      {{"x", 1}},         {{"x", 1}, {"x", 1}, {"x", 1}},       {{"x", none}, {"y", none}},
      {{"", 1}, {"", 1}}, {{"x", none}, {"x", none}, {"x", 0}}, {{"x", 0}, {"y", none}, {"y", 0}},
  };
  for (const Wanted& wanted : cases) {
    GivenRows given(database.dialect(), {{"id", Column::text}, {"n", Column::integer}});
    for (const auto& [id, n] : wanted) given.add({id, n});
    const std::string one = given.parameter(std::int64_t{1});
    const Rows rows = co_await database.execute(
        fmt::format("WITH {} SELECT id, n, CAST({} AS BIGINT) AS one FROM given", given.table(),
                    one),
        given.take());
    Wanted found;
    for (const Row& row : rows) {
      EXPECT_EQ(row["one"].integer(), 1);
      found.emplace_back(row["id"].text(),
                         row["n"].is_null() ? none : std::optional(row["n"].integer()));
    }
    EXPECT_EQ(found, wanted);
  }
}

TEST_P(Given, HandsOverWhatIsAlike) { test_.run(hands_over_what_is_alike); }

}  // namespace
}  // namespace db
