#include "dialect.h"

#include "base/check.h"
#include "base/text.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace sim {

namespace {

// The longer ones first.
constexpr std::string_view locking_clauses[] = {" FOR NO KEY UPDATE SKIP LOCKED",
                                                " FOR UPDATE OF targets SKIP LOCKED",
                                                " FOR UPDATE SKIP LOCKED",
                                                " FOR NO KEY UPDATE",
                                                " FOR UPDATE",
                                                " FOR KEY SHARE",
                                                " FOR SHARE"};
// "FROM UNNEST(CAST($1 AS TEXT[]), CAST($3 AS BIGINT[])) AS arrays (a0, a2)"
constexpr std::string_view arrays_begin = "UNNEST(";
constexpr std::string_view arrays_end = ") AS arrays (";

// Wherever a query asks for locks: at its end, or at that of a part of it.
void drop_locking(std::string& sql) {
  for (std::string_view clause : locking_clauses) {
    for (auto at = sql.find(clause); at != std::string::npos; at = sql.find(clause)) {
      sql.erase(at, clause.size());
    }
  }
}

db::Value element(std::string text, bool quoted, bool integers) {
  if (!quoted && text == "NULL") return {};
  if (!integers) return db::Value(std::move(text));
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// {1,NULL,2} and {"a","with \" and \\"}
std::vector<db::Value> elements_of(std::string_view literal, bool integers) {
  std::vector<db::Value> elements;
  std::string text;
  bool quoted = false;
  bool inside = false;
  for (std::size_t i = 1; i < literal.size(); ++i) {
    const char c = literal[i];
    if (inside && c == '\\') {
      text += literal[++i];
    } else if (c == '"') {
      inside = !inside;
      quoted = true;
    } else if (!inside && (c == ',' || c == '}')) {
      if (literal.size() > 2) elements.push_back(element(std::move(text), quoted, integers));
      text.clear();
      quoted = false;
    } else {
      text += c;
    }
  }
  return elements;
}

struct Array {
  std::size_t param;
  bool integers;
};

// "CAST($1 AS TEXT[]), CAST($2 AS BIGINT[])"
std::vector<Array> arrays_in(std::string_view list) {
  std::vector<Array> arrays;
  for (auto at = list.find('$'); at != std::string_view::npos; at = list.find('$', at)) {
    ++at;
    std::size_t number = 0;
    std::from_chars(list.data() + at, list.data() + list.size(), number);
    const std::string_view rest = list.substr(at, list.find(')', at) - at);
    arrays.push_back({.param = number - 1, .integers = rest.ends_with("BIGINT[]")});
  }
  return arrays;
}

// Names for the columns of a list of values, which SQLite calls column1, column2.
std::string renamed(std::string_view names) {
  std::string list;
  std::size_t column = 0;
  for (const std::string_view name : base::split(names, ',')) {
    list += fmt::format("{}column{} AS {}", column == 0 ? "" : ", ", column + 1, base::trim(name));
    ++column;
  }
  return list;
}

void spread_arrays(Statement& statement) {
  const std::string_view sql = statement.sql;
  const std::size_t begin = sql.find(arrays_begin);
  if (begin == std::string_view::npos) return;
  const std::size_t list = begin + arrays_begin.size();
  const std::size_t end = sql.find(arrays_end, list);
  CHECK(end != std::string_view::npos);
  const std::size_t names = end + arrays_end.size();
  const std::size_t names_end = sql.find(')', names);
  std::vector<std::vector<db::Value>> columns;
  for (const Array& array : arrays_in(sql.substr(list, end - list))) {
    columns.push_back(elements_of(statement.params.at(array.param).text(), array.integers));
  }
  std::string values;
  for (std::size_t row = 0; row < columns.at(0).size(); ++row) {
    values += row == 0 ? "(" : "), (";
    for (std::size_t column = 0; column < columns.size(); ++column) {
      statement.params.push_back(columns[column].at(row));
      values += fmt::format("{}${}", column == 0 ? "" : ", ", statement.params.size());
    }
  }
  std::string table = fmt::format("(SELECT {} FROM (VALUES {})))",
                                  renamed(sql.substr(names, names_end - names)), values);
  statement.sql.replace(begin, names_end + 1 - begin, table);
}

}  // namespace

bool only_reads(std::string_view sql) {
  const auto locks = [sql](std::string_view clause) { return sql.contains(clause); };
  return sql.starts_with("SELECT") && std::ranges::none_of(locking_clauses, locks);
}

Statement for_sqlite(std::string sql, db::Params params) {
  Statement statement{.sql = std::move(sql), .params = std::move(params)};
  drop_locking(statement.sql);
  spread_arrays(statement);
  return statement;
}

}  // namespace sim
