// Boost.JSON with the manners that the API needs: bounded parsing, and reading of objects that
// names each bad field.
#pragma once

#include "base/error.h"
#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace json = boost::json;

namespace base {

// At most 64 levels deep; an error says where it stopped.
Result<json::value> parse_json(std::string_view text);

// Reads fields of a request body. Missing or wrong fields are collected; `finish()` is the verdict,
// and also names the fields that nobody asked for.
//
//   JsonReader in(body);
//   auto name = in.text("name", {.min = 1, .max = 100});
//   auto due = in.optional_instant("due_at");
//   if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
class JsonReader {
 public:
  struct TextLimit {
    std::size_t min = 0;
    std::size_t max = 1000;  // bytes
  };

  explicit JsonReader(const json::value& value, std::string prefix = "");

  std::string text(std::string_view name, TextLimit limit);
  std::optional<std::string> optional_text(std::string_view name, TextLimit limit);
  std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t min,
                                               std::int64_t max);
  std::optional<double> optional_number(std::string_view name, double min, double max);
  std::optional<bool> optional_boolean(std::string_view name);
  std::optional<Instant> optional_instant(std::string_view name);
  std::vector<std::string> texts(std::string_view name, std::size_t max_items, TextLimit limit);
  // The array, or nothing when absent; an error when it is something else or too long.
  const json::array* optional_array(std::string_view name, std::size_t max_items);
  const json::object* optional_object(std::string_view name);

  bool has(std::string_view name) const;
  bool is_null(std::string_view name) const;
  void error(std::string_view name, std::string message);
  std::string path(std::string_view name) const;
  // Takes the errors of a reader of an inner object.
  void absorb(JsonReader& inner);
  Result<void> finish();

 private:
  const json::value* take(std::string_view name);

  json::object empty_;
  const json::object* object_;
  std::string prefix_;
  std::vector<std::string> seen_;
  std::vector<FieldError> errors_;
};

// Reading of foreign JSON (a network's answer), where a missing field is simply absent. Never
// throws.
const json::value* find(const json::value& value, std::string_view pointer);  // "/record/text"
// An object would become a temporary value, and the answer point into it.
const json::value* find(const json::object& object, std::string_view pointer) = delete;
std::string text_at(const json::value& value, std::string_view pointer,
                    std::string_view fallback = "");
std::int64_t integer_at(const json::value& value, std::string_view pointer,
                        std::int64_t fallback = 0);
bool boolean_at(const json::value& value, std::string_view pointer, bool fallback = false);

}  // namespace base
