#include "db/given.h"

#include "base/check.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace db {

namespace {

void append_text(std::string& array, const std::string& text) {
  array += '"';
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"' && text[i] != '\\') continue;
    array.append(text, copied, i - copied);
    array += '\\';
    copied = i;
  }
  array.append(text, copied);
  array += '"';
}

void append_number(std::string& array, std::int64_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  array.append(digits.data(), end);
}

void append_value(std::string& array, const Value& value) {
  if (value.is_null()) {
    array += "NULL";
  } else if (const auto* number = std::get_if<std::int64_t>(&value.storage())) {
    append_number(array, *number);
  } else {
    append_text(array, value.text());
  }
}

std::string_view type_of(Column column) { return column == Column::text ? "TEXT" : "BIGINT"; }

bool same(const Value& one, const Value& other) {
  const auto* number = std::get_if<std::int64_t>(&one.storage());
  const auto* text = std::get_if<std::string>(&one.storage());
  if (number) return std::get_if<std::int64_t>(&other.storage()) && *number == other.integer();
  if (text) return std::get_if<std::string>(&other.storage()) && *text == other.text();
  return one.is_null() && other.is_null();
}

}  // namespace

GivenRows::GivenRows(Dialect dialect, Columns columns)
    : dialect_(dialect), columns_(std::move(columns)) {
  if (dialect_ == Dialect::postgres) arrays_.resize(columns_.size());
}

void GivenRows::add(std::initializer_list<Value> row) {
  CHECK(row.size() == columns_.size() && !closed_);
  ++rows_;
  if (dialect_ == Dialect::sqlite) {
    params_.insert(params_.end(), row);
    return;
  }
  std::size_t column = 0;
  for (const Value& value : row) add_to(arrays_[column++], value);
}

// For the row that was counted last.
void GivenRows::add_to(Array& array, const Value& value) {
  if (rows_ == 1) {
    array.first = value;
    return;
  }
  if (array.uniform) {
    if (same(array.first, value)) return;
    array.uniform = false;
    for (std::size_t row = 1; row < rows_; ++row) {
      array.literal += row == 1 ? '{' : ',';
      append_value(array.literal, array.first);
    }
  }
  array.literal += ',';
  append_value(array.literal, value);
}

// Of several rows the first column tells how many they are.
bool GivenRows::travels_once(std::size_t column) const {
  return arrays_[column].uniform && (column > 0 || rows_ == 1);
}

std::string GivenRows::table() const {
  CHECK(rows_ > 0);
  std::string names;
  for (const auto& [name, type] : columns_) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  }
  if (dialect_ == Dialect::postgres) return arrays_table(names);
  std::string source;
  std::size_t next = 1;
  source.reserve(rows_ * columns_.size() * 7);
  for (std::size_t row = 0; row < rows_; ++row) {
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      source += column > 0 ? ", $" : row > 0 ? "), ($" : "($";
      fmt::format_to(std::back_inserter(source), "{}", next++);
    }
  }
  return fmt::format("given ({}) AS (VALUES {}))", names, source);
}

std::string GivenRows::arrays_table(const std::string& names) const {
  std::string selected;
  std::string arrays;
  std::string array_names;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    const std::string_view type = type_of(columns_[column].second);
    const std::string_view comma = selected.empty() ? "" : ", ";
    if (travels_once(column)) {
      selected += fmt::format("{}CAST(${} AS {})", comma, column + 1, type);
      continue;
    }
    const std::string_view arrays_comma = arrays.empty() ? "" : ", ";
    selected += fmt::format("{}a{}", comma, column);
    array_names += fmt::format("{}a{}", arrays_comma, column);
    arrays += fmt::format("{}CAST(${} AS {}[])", arrays_comma, column + 1, type);
  }
  if (arrays.empty()) return fmt::format("given ({}) AS (SELECT {})", names, selected);
  // Materialized: a value that travels once would else be a constant of the whole statement, by
  // which the planner guesses that next to no row fits, and compares every row with every other.
  return fmt::format("given ({}) AS MATERIALIZED (SELECT {} FROM UNNEST({}) AS arrays ({}))", names,
                     selected, arrays, array_names);
}

void GivenRows::close() {
  if (std::exchange(closed_, true)) return;
  for (std::size_t column = 0; column < arrays_.size(); ++column) {
    Array& array = arrays_[column];
    if (travels_once(column)) {
      params_.push_back(std::move(array.first));
      continue;
    }
    if (array.uniform) {  // the first column, with the same in every row
      for (std::size_t row = 0; row < rows_; ++row) {
        array.literal += row == 0 ? '{' : ',';
        append_value(array.literal, array.first);
      }
    }
    params_.emplace_back(std::move(array.literal += '}'));
  }
}

std::string GivenRows::parameter(Value value) {
  close();
  params_.push_back(std::move(value));
  return fmt::format("${}", params_.size());
}

Params GivenRows::take() {
  close();
  return std::move(params_);
}

}  // namespace db
