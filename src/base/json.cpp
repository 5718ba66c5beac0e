#include "base/json.h"

#include "base/text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace base {

Result<json::value> parse_json(std::string_view text) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 64;
  json::stream_parser parser({}, options);
  const std::size_t read = parser.write_some(text.data(), text.size(), error);
  if (!error && read < text.size()) {
    const std::string_view rest = trim(text.substr(read));
    if (!rest.empty()) error = json::error::extra_data;
  }
  if (!error) parser.finish(error);
  if (error) {
    return fail({.status = 400,
                 .code = "bad_json",
                 .message = fmt::format("The body is not valid JSON: {} near byte {}.",
                                        error.message(), read)});
  }
  return parser.release();
}

JsonReader::JsonReader(const json::value& value, std::string prefix)
    : object_(value.if_object()), prefix_(std::move(prefix)) {
  if (object_ == nullptr) {
    object_ = &empty_;
    errors_.push_back({prefix_.empty() ? "(body)" : prefix_, "must be a JSON object"});
  }
}

std::string JsonReader::path(std::string_view name) const {
  return prefix_.empty() ? std::string(name) : fmt::format("{}.{}", prefix_, name);
}

void JsonReader::error(std::string_view name, std::string message) {
  errors_.push_back({path(name), std::move(message)});
}

const json::value* JsonReader::take(std::string_view name) {
  seen_.emplace_back(name);
  const json::value* value = object_->if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool JsonReader::has(std::string_view name) const { return object_->contains(name); }

bool JsonReader::is_null(std::string_view name) const {
  const json::value* value = object_->if_contains(name);
  return value != nullptr && value->is_null();
}

std::optional<std::string> JsonReader::optional_text(std::string_view name, TextLimit limit) {
  const json::value* value = take(name);
  if (value == nullptr) return {};
  const json::string* text = value->if_string();
  if (text == nullptr) {
    error(name, "must be a string");
    return {};
  }
  if (text->size() < limit.min || text->size() > limit.max) {
    error(name, text->empty() ? std::string("must not be empty")
                              : fmt::format("must have {} to {} bytes, has {}", limit.min,
                                            limit.max, text->size()));
    return {};
  }
  if (!is_utf8({text->data(), text->size()}) || text->find('\0') != json::string::npos) {
    error(name, "must be UTF-8 text without NUL");
    return {};
  }
  return std::string(*text);
}

std::string JsonReader::text(std::string_view name, TextLimit limit) {
  const bool present = object_->contains(name) && !is_null(name);
  auto found = optional_text(name, limit);
  if (!present) error(name, "is required");
  return found.value_or("");
}

std::optional<std::int64_t> JsonReader::optional_integer(std::string_view name, std::int64_t min,
                                                         std::int64_t max) {
  const json::value* value = take(name);
  if (value == nullptr) return {};
  boost::system::error_code not_integer;
  const auto number = value->to_number<std::int64_t>(not_integer);
  if (not_integer || number < min || number > max) {
    error(name, fmt::format("must be a whole number from {} to {}", min, max));
    return {};
  }
  return number;
}

std::int64_t JsonReader::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const bool present = object_->contains(name) && !is_null(name);
  const auto found = optional_integer(name, min, max);
  if (!present) error(name, "is required");
  return found.value_or(min);
}

std::optional<double> JsonReader::optional_number(std::string_view name, double min, double max) {
  const json::value* value = take(name);
  if (value == nullptr) return {};
  boost::system::error_code not_number;
  const double number = value->to_number<double>(not_number);
  if (not_number || !(number >= min && number <= max)) {
    error(name, fmt::format("must be a number from {} to {}", min, max));
    return {};
  }
  return number;
}

std::optional<bool> JsonReader::optional_boolean(std::string_view name) {
  const json::value* value = take(name);
  if (value == nullptr) return {};
  if (!value->is_bool()) {
    error(name, "must be true or false");
    return {};
  }
  return value->get_bool();
}

std::optional<Instant> JsonReader::optional_instant(std::string_view name) {
  const auto found = optional_text(name, {.min = 1, .max = 64});
  if (!found) return {};
  const auto instant = parse_rfc3339(*found);
  if (!instant) error(name, "must be a time with a zone as in RFC 3339: 2026-11-23T09:00:00Z");
  return instant;
}

std::vector<std::string> JsonReader::texts(std::string_view name, std::size_t max_items,
                                           TextLimit limit) {
  std::vector<std::string> found;
  const json::array* items = optional_array(name, max_items);
  if (items == nullptr) return found;
  for (std::size_t index = 0; index < items->size(); ++index) {
    const json::string* item = (*items)[index].if_string();
    const bool good = item != nullptr && item->size() >= limit.min && item->size() <= limit.max &&
                      is_utf8({item->data(), item->size()});
    if (good) {
      found.emplace_back(*item);
    } else {
      error(fmt::format("{}[{}]", name, index),
            fmt::format("must be text of {} to {} bytes", limit.min, limit.max));
    }
  }
  return found;
}

const json::array* JsonReader::optional_array(std::string_view name, std::size_t max_items) {
  const json::value* value = take(name);
  if (value == nullptr) return nullptr;
  const json::array* items = value->if_array();
  if (items == nullptr || items->size() > max_items) {
    error(name, items == nullptr
                    ? std::string("must be an array")
                    : fmt::format("must have at most {} items, has {}", max_items, items->size()));
    return nullptr;
  }
  return items;
}

const json::object* JsonReader::optional_object(std::string_view name) {
  const json::value* value = take(name);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) error(name, "must be an object");
  return value->if_object();
}

void JsonReader::absorb(JsonReader& inner) {
  if (auto verdict = inner.finish(); !verdict) {
    std::ranges::move(verdict.error().fields, std::back_inserter(errors_));
  }
}

Result<void> JsonReader::finish() {
  for (const auto& member : *object_) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::ranges::find(seen_, name) == seen_.end()) {
      error(truncate_graphemes(clean_utf8(name), 50), "is not known here");
    }
  }
  if (errors_.empty()) return {};
  return invalid(errors_);
}

const json::value* find(const json::value& value, std::string_view pointer) {
  boost::system::error_code absent;
  return value.find_pointer({pointer.data(), pointer.size()}, absent);
}

std::string text_at(const json::value& value, std::string_view pointer, std::string_view fallback) {
  const json::value* found = find(value, pointer);
  if (found == nullptr || !found->is_string()) return std::string(fallback);
  return std::string(found->get_string());
}

std::int64_t integer_at(const json::value& value, std::string_view pointer, std::int64_t fallback) {
  const json::value* found = find(value, pointer);
  if (found == nullptr) return fallback;
  boost::system::error_code not_integer;
  const auto number = found->to_number<std::int64_t>(not_integer);
  return not_integer ? fallback : number;
}

bool boolean_at(const json::value& value, std::string_view pointer, bool fallback) {
  const json::value* found = find(value, pointer);
  return found == nullptr || !found->is_bool() ? fallback : found->get_bool();
}

}  // namespace base
