// Reading the fields of a JSON object without a copy. base::text_at() and its like take a
// json::value: given an object they would copy it whole, and base::find() would point into that
// copy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace networks {

// "" (0, false, null) when the field is absent or of another kind.
inline const boost::json::string* string_field(const boost::json::object& object,
                                               std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_string();
}
inline std::string text_field(const boost::json::object& object, std::string_view key) {
  const auto* text = string_field(object, key);
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}
inline std::int64_t integer_field(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* integer = value == nullptr ? nullptr : value->if_int64();
  return integer == nullptr ? 0 : *integer;
}
inline bool boolean_field(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}
inline const boost::json::object* object_field(const boost::json::object& object,
                                               std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}
inline const boost::json::array* array_field(const boost::json::object& object,
                                             std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_array();
}

}  // namespace networks
