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

}  // namespace

GivenRows::GivenRows(Dialect dialect, Columns columns)
    : dialect_(dialect), columns_(std::move(columns)) {
  if (dialect_ == Dialect::postgres) arrays_.resize(columns_.size(), "{");
}

void GivenRows::add(std::initializer_list<Value> row) {
  CHECK(row.size() == columns_.size() && !closed_);
  ++rows_;
  if (dialect_ == Dialect::sqlite) {
    params_.insert(params_.end(), row);
    return;
  }
  std::size_t column = 0;
  for (const Value& value : row) {
    std::string& array = arrays_[column++];
    if (rows_ > 1) array += ',';
    append_value(array, value);
  }
}

std::string GivenRows::table() const {
  CHECK(rows_ > 0);
  std::string names;
  std::string source;
  std::size_t next = 1;
  for (const auto& [name, type] : columns_) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    if (dialect_ == Dialect::postgres) {
      source +=
          fmt::format("{}CAST(${} AS {}[])", source.empty() ? "" : ", ", next++, type_of(type));
    }
  }
  if (dialect_ == Dialect::postgres) {
    return fmt::format("given ({}) AS (SELECT * FROM UNNEST({}))", names, source);
  }
  source.reserve(rows_ * columns_.size() * 7);
  for (std::size_t row = 0; row < rows_; ++row) {
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      source += column > 0 ? ", $" : row > 0 ? "), ($" : "($";
      fmt::format_to(std::back_inserter(source), "{}", next++);
    }
  }
  return fmt::format("given ({}) AS (VALUES {}))", names, source);
}

void GivenRows::close() {
  if (std::exchange(closed_, true)) return;
  for (std::string& array : arrays_) params_.emplace_back(std::move(array += '}'));
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
