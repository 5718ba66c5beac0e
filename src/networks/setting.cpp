#include "networks/setting.h"

#include "base/text.h"
#include "networks/address.h"

namespace networks {
namespace {

namespace json = boost::json;

constexpr std::size_t text_max = 4000;
constexpr std::size_t list_max = 20;

std::string_view type_name(Setting::Type type) {
  switch (type) {
    case Setting::Type::text:
      return "text";
    case Setting::Type::secret:
      return "secret";
    case Setting::Type::url:
      return "url";
    case Setting::Type::list:
      return "list";
  }
  return "text";
}

// The cleaned text, or nothing with an error added.
std::optional<std::string> read_text(const Setting& setting, const json::value& value,
                                     std::vector<base::FieldError>& errors) {
  if (!value.is_string()) {
    errors.push_back({setting.key, setting.label + " must be text."});
    return std::nullopt;
  }
  std::string text(base::trim(std::string_view(value.get_string())));
  if (text.size() > text_max) {
    errors.push_back(
        {setting.key, fmt::format("{} is longer than {} bytes.", setting.label, text_max)});
    return std::nullopt;
  }
  if (base::clean_utf8(text) != text) {
    errors.push_back({setting.key, setting.label + " has characters that are not text."});
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> read_url(const Setting& setting, std::string text,
                                    std::vector<base::FieldError>& errors) {
  // People type "mastodon.social".
  if (text.find("://") == std::string::npos) text = "https://" + text;
  const auto address = parse_address(text);
  if (!address) {
    errors.push_back(
        {setting.key, setting.label + " must be a web address like https://example.org."});
    return std::nullopt;
  }
  return address->text();
}

json::array split_lines(std::string_view text) {
  json::array lines;
  for (const auto line : base::split(text, '\n')) {
    if (const auto trimmed = base::trim(line); !trimmed.empty()) lines.emplace_back(trimmed);
  }
  return lines;
}

std::optional<json::array> read_list(const Setting& setting, const json::value& value,
                                     std::vector<base::FieldError>& errors) {
  json::array given;
  if (value.is_string()) {
    given = split_lines(value.get_string());
  } else if (value.is_array()) {
    given = value.get_array();
  } else {
    errors.push_back({setting.key, setting.label + " must be a list, one per line."});
    return std::nullopt;
  }
  if (given.size() > list_max) {
    errors.push_back(
        {setting.key, fmt::format("{} has more than {} lines.", setting.label, list_max)});
    return std::nullopt;
  }
  json::array list;
  for (const auto& item : given) {
    const auto text = read_text(setting, item, errors);
    if (!text) return std::nullopt;
    if (!text->empty()) list.emplace_back(*text);
  }
  return list;
}

// Puts the value of one field into `out`, or an error into `errors`.
void read_field(const Setting& setting, const json::value* value, json::object& out,
                std::vector<base::FieldError>& errors) {
  const json::value fallback(setting.fallback);
  if (value == nullptr || value->is_null()) value = &fallback;
  if (setting.type == Setting::Type::list) {
    auto list = read_list(setting, *value, errors);
    if (!list) return;
    if (list->empty()) *list = split_lines(setting.fallback);
    if (list->empty() && setting.required)
      errors.push_back({setting.key, setting.label + " is needed."});
    out[setting.key] = std::move(*list);
    return;
  }
  auto text = read_text(setting, *value, errors);
  if (!text) return;
  if (text->empty()) text = setting.fallback;
  if (text->empty()) {
    if (setting.required) errors.push_back({setting.key, setting.label + " is needed."});
    out[setting.key] = "";
    return;
  }
  if (setting.type == Setting::Type::url) text = read_url(setting, *text, errors);
  if (text) out[setting.key] = *text;
}

}  // namespace

base::Result<json::object> check_settings(const std::vector<Setting>& form,
                                          const json::object& given) {
  std::vector<base::FieldError> errors;
  json::object out;
  for (const auto& setting : form) read_field(setting, given.if_contains(setting.key), out, errors);
  for (const auto& field : given) {
    const auto known = [&](const Setting& setting) {
      return setting.key == std::string_view(field.key());
    };
    if (std::ranges::none_of(form, known)) {
      errors.push_back({base::clean_utf8(std::string_view(field.key()).substr(0, 60)),
                        "There is no such setting."});
    }
  }
  if (!errors.empty()) return base::invalid(std::move(errors));
  return out;
}

json::array to_json(const std::vector<Setting>& form) {
  json::array out;
  for (const auto& setting : form) {
    out.push_back(json::object{{"key", setting.key},
                               {"label", setting.label},
                               {"help", setting.help},
                               {"type", type_name(setting.type)},
                               {"required", setting.required},
                               {"fallback", setting.fallback}});
  }
  return out;
}

}  // namespace networks
