#include "base/check.h"
#include "db/database.h"

namespace db {

std::int64_t Value::integer() const {
  if (is_null()) return 0;
  const auto* integer = std::get_if<std::int64_t>(&storage_);
  CHECK(integer != nullptr);
  return *integer;
}

double Value::real() const {
  if (is_null()) return 0;
  if (const auto* integer = std::get_if<std::int64_t>(&storage_)) {
    return static_cast<double>(*integer);
  }
  const auto* real = std::get_if<double>(&storage_);
  CHECK(real != nullptr);
  return *real;
}

const std::string& Value::text() const {
  static const std::string empty;
  if (is_null()) return empty;
  const auto* text = std::get_if<std::string>(&storage_);
  CHECK(text != nullptr);
  return *text;
}

const std::string& Value::bytes() const {
  static const std::string empty;
  if (is_null()) return empty;
  const auto* bytes = std::get_if<Bytes>(&storage_);
  CHECK(bytes != nullptr);
  return bytes->data;
}

std::optional<base::Instant> Value::optional_instant() const {
  if (is_null()) return std::nullopt;
  return instant();
}

std::optional<std::string> Value::optional_text() const {
  if (is_null()) return std::nullopt;
  return text();
}

const Value& Row::operator[](std::string_view name) const {
  const auto found = std::find(names_->begin(), names_->end(), name);
  CHECK(found != names_->end());
  return values_.at(static_cast<std::size_t>(found - names_->begin()));
}

}  // namespace db
