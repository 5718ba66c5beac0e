#include "http/syntax.h"

#include "base/text.h"

#include <algorithm>
#include <optional>

namespace http {
namespace {

bool is_token_character(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_zero_weight(std::string_view parameters) {
  for (const std::string_view part : base::split(parameters, ';')) {
    const std::string_view parameter = base::trim(part);
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

std::string_view opaque_tag(std::string_view etag) {
  etag = base::trim(etag);
  return etag.starts_with("W/") ? etag.substr(2) : etag;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}

std::string media_type(std::string_view content_type) {
  return base::to_lower_ascii(base::trim(content_type.substr(0, content_type.find(';'))));
}

bool accepts_encoding(std::string_view accept_encoding, std::string_view coding) {
  std::optional<bool> any;
  for (const std::string_view item : base::split(accept_encoding, ',')) {
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    const std::string_view name = base::trim(item.substr(0, semicolon));
    const bool accepted = !is_zero_weight(item.substr(semicolon));
    if (base::equals_ignore_case(name, coding)) return accepted;
    if (name == "*") any = accepted;
  }
  return any.value_or(false);
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
  if (base::trim(if_none_match) == "*") return true;
  const auto candidates = base::split(if_none_match, ',');
  return std::ranges::any_of(
      candidates, [&](std::string_view tag) { return opaque_tag(tag) == opaque_tag(etag); });
}

}  // namespace http
