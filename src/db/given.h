// Many rows handed to one statement as a table: WITH given (...) AS (...).
//
// On PostgreSQL each column travels as one array, so the statement stays short however many rows
// there are: planning thousands of placeholders would cost more than the work itself. What is the
// same in every row travels once. SQLite gets a VALUES list.
//
//   db::GivenRows given(database.dialect(), {{"id", db::Column::text}, {"n",
//   db::Column::integer}}); given.add({id, 5}); const std::string at = given.parameter(now); //
//   "$3": another one beside the rows co_await tx->execute("WITH " + given.table() + " UPDATE ...
//   FROM given ...", given.take());
#pragma once

#include "db/database.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace db {

enum class Column { text, integer };

class GivenRows {
 public:
  using Columns = std::vector<std::pair<std::string_view, Column>>;  // names are literals

  GivenRows(Dialect dialect, Columns columns);

  // CHECKs that there is a value for each column.
  void add(std::initializer_list<Value> row);
  bool empty() const { return rows_ == 0; }
  std::size_t size() const { return rows_; }

  // "given (id, n) AS (...)". After all rows; there must be one.
  std::string table() const;
  // The placeholder of a further parameter. After all rows.
  std::string parameter(Value value);
  Params take();

 private:
  // Of PostgreSQL: the literal of its array, empty as long as every row has what the first one has.
  struct Array {
    Value first;
    bool uniform = true;
    std::string literal;
  };

  void close();
  void add_to(Array& array, const Value& value);
  bool travels_once(std::size_t column) const;
  std::string arrays_table(const std::string& names) const;

  Dialect dialect_;
  Columns columns_;
  std::size_t rows_ = 0;
  bool closed_ = false;
  std::vector<Array> arrays_;  // PostgreSQL: one for each column
  Params params_;
};

}  // namespace db
