// Values, texts, errors: the same on both databases.
#include "base/metrics.h"
#include "db/conformance.h"

namespace db {
namespace {

using namespace std::chrono_literals;
using Kind = DatabaseError::Kind;

class Values : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Databases, Values, testing::ValuesIn(available_dialects()),
                         dialect_of_test);

io::Task<> round_trip(Database& database) {
  const std::string text = "Grüße 🎉 日本語 \"'\\$1;-- \n\t\x01 end";
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  const Rows inserted = co_await database.execute(
      "INSERT INTO items (id, count, weight, data, flag) VALUES ($1, $2, $3, $4, $5)",
      {text, std::numeric_limits<std::int64_t>::min(), 0.1, Bytes{bytes}, true});
  EXPECT_EQ(inserted.affected, 1);
  EXPECT_TRUE(inserted.empty());

  const Rows rows = co_await database.execute("SELECT * FROM items WHERE id = $1", {text});
  const Row row = *rows.first();
  EXPECT_EQ(row["id"].text(), text);
  EXPECT_EQ(row["count"].integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(row["weight"].real(), 0.1);
  EXPECT_EQ(row["data"].bytes(), bytes);
  EXPECT_TRUE(row["flag"].boolean());
}

TEST_P(Values, ValuesRoundTrip) { test_.run(round_trip); }

io::Task<> reals_round_trip(Database& database) {
  for (const double value : {0.0, -1.5, 1e300, 5e-324, 1.0 / 3, 123456789.123456789}) {
    const Rows rows = co_await database.execute(
        "INSERT INTO items (id, weight) VALUES ('a', $1) "
        "ON CONFLICT (id) DO UPDATE SET weight = excluded.weight RETURNING weight",
        {value});
    EXPECT_EQ(rows[0][0].real(), value);
  }
}

TEST_P(Values, RealsKeepEveryBit) { test_.run(reals_round_trip); }

io::Task<> nulls_round_trip(Database& database) {
  co_await database.execute(
      "INSERT INTO items (id, count, weight, data, flag) VALUES ($1, $2, $3, $4, $5)",
      {"", nullptr, std::optional<std::string>(), std::nullopt, Value()});
  const Rows rows = co_await database.execute("SELECT * FROM items");
  EXPECT_FALSE(rows[0]["id"].is_null());
  EXPECT_EQ(rows[0]["id"].text(), "");
  for (const char* column : {"count", "weight", "data", "flag"}) {
    EXPECT_TRUE(rows[0][column].is_null()) << column;
  }
  EXPECT_EQ(rows[0]["count"].integer(), 0);
  EXPECT_EQ(rows[0]["count"].optional_instant(), std::nullopt);
  EXPECT_EQ(rows[0]["data"].bytes(), "");
}

TEST_P(Values, NullIsNotEmpty) { test_.run(nulls_round_trip); }

io::Task<> big_values(Database& database) {
  std::string text;
  while (text.size() < 5'000'000) text += "ключ " + std::to_string(text.size());
  const std::string bytes(5'000'000, '\0');
  co_await database.execute("INSERT INTO items (id, data) VALUES ('a', $1)", {Bytes{bytes}});
  co_await database.execute("INSERT INTO parts (id, item) VALUES ($1, 'a')", {"b"});
  const Rows rows = co_await database.execute(
      "SELECT data, CAST($1 AS TEXT) AS text FROM items WHERE id = 'a'", {text});
  EXPECT_TRUE(rows[0]["data"].bytes() == bytes);
  EXPECT_TRUE(rows[0]["text"].text() == text);
}

TEST_P(Values, BigTextsAndBytesPass) { test_.run(big_values); }

io::Task<> wrong_text(Database& database) {
  EXPECT_EQ(
      co_await failure_of(database, "INSERT INTO items (id) VALUES ($1)", {std::string("a\0b", 3)}),
      Kind::other);
  EXPECT_EQ(co_await failure_of(database, "INSERT INTO items (id) VALUES ($1)", {"\xff\xfe"}),
            Kind::other);
  EXPECT_EQ(co_await count_items(database), 0);
}

TEST_P(Values, TextThatIsNotUtf8IsRefused) { test_.run(wrong_text); }

io::Task<> sums(Database& database) {
  co_await database.execute(
      "INSERT INTO items (id, count, weight) VALUES ('a', 1, 1), ('b', 2, 2)");
  const Rows rows = co_await database.execute(
      "SELECT sum(count) AS total, avg(weight) AS mean, max(count) AS top FROM items");
  EXPECT_EQ(rows[0]["total"].integer(), 3);
  EXPECT_EQ(rows[0]["mean"].real(), 1.5);
  EXPECT_EQ(rows[0]["top"].integer(), 2);
  EXPECT_EQ(rows.affected, 1);
}

TEST_P(Values, SumsOfIntegersAreIntegers) { test_.run(sums); }

io::Task<> params_repeat(Database& database) {
  const Rows rows = co_await database.execute(
      "INSERT INTO items (id, count) VALUES ($2, $1), ($3, $1) RETURNING id, count",
      {7, "first", "second"});
  EXPECT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows.affected, 2);
  EXPECT_EQ(rows[1]["id"].text(), "second");
  EXPECT_EQ(rows[1]["count"].integer(), 7);
  const Rows updated =
      co_await database.execute("UPDATE items SET count = 8 WHERE id = $1", {"no"});
  EXPECT_EQ(updated.affected, 0);
}

TEST_P(Values, ParametersMayRepeatInAnyOrder) { test_.run(params_repeat); }

io::Task<> error_kinds(Database& database) {
  co_await insert(database, "a");
  EXPECT_EQ(co_await failure_of(database, "INSERT INTO items (id) VALUES ('a')", {}), Kind::unique);
  EXPECT_EQ(co_await failure_of(database, "INSERT INTO parts (id, item) VALUES ('p', 'none')", {}),
            Kind::foreign_key);
  EXPECT_EQ(
      co_await failure_of(database, "INSERT INTO parts (id, item, size) VALUES ('p', 'a', 0)", {}),
      Kind::check);
  EXPECT_EQ(co_await failure_of(database, "INSERT INTO parts (id) VALUES ('p')", {}), Kind::check);
  EXPECT_EQ(co_await failure_of(database, "SELEC 1", {}), Kind::other);
  EXPECT_EQ(co_await failure_of(database, "SELECT * FROM nowhere", {}), Kind::other);
  EXPECT_EQ(co_await failure_of(database, "SELECT * FROM items WHERE id = $1", {}), Kind::other);
  EXPECT_EQ(co_await failure_of(database, "SELECT 1; SELECT 2", {}), Kind::other);
  EXPECT_EQ(co_await count_items(database), 1);
}

TEST_P(Values, ErrorsHaveTheirKind) { test_.run(error_kinds); }

io::Task<> measured(Database& database) {
  co_await database.execute("-- items.measured\nSELECT count(*) FROM items");
  co_await count_items(database);
  const std::string metrics = metrics::expose();
  EXPECT_THAT(metrics,
              testing::HasSubstr("db_query_duration_seconds_count{query=\"items.measured\"} "));
  EXPECT_THAT(metrics,
              testing::HasSubstr("db_query_duration_seconds_count{query=\"select_items\"} "));
  EXPECT_THAT(metrics, testing::HasSubstr("db_pool_size "));
}

TEST_P(Values, StatementsAreMeasuredByName) { test_.run(measured); }

}  // namespace
}  // namespace db
