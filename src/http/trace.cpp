#include "http/trace.h"

#include "base/crypto.h"
#include "base/id.h"
#include "base/text.h"

#include <algorithm>

namespace http {
namespace {

constexpr std::size_t trace_id_at = 3;
constexpr std::size_t trace_id_size = 32;
constexpr std::size_t trace_parent_size = 55;
constexpr std::size_t request_id_max = 128;

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

// version "-" trace-id "-" parent-id "-" flags; a later version may have more behind.
bool is_trace_parent(std::string_view text) {
  if (text.size() < trace_parent_size || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return false;
  const std::string_view version = text.substr(0, 2);
  if (!is_lower_hex(version) || version == "ff") return false;
  if (text.size() > trace_parent_size && (version == "00" || text[trace_parent_size] != '-'))
    return false;
  const std::string_view trace = text.substr(trace_id_at, trace_id_size);
  const std::string_view parent = text.substr(36, 16);
  return is_lower_hex(trace) && !is_zero(trace) && is_lower_hex(parent) && !is_zero(parent) &&
         is_lower_hex(text.substr(53, 2));
}

}  // namespace

std::string continue_trace(std::string_view incoming) {
  const bool known = is_trace_parent(incoming);
  const std::string trace = known ? std::string(incoming.substr(trace_id_at, trace_id_size))
                                  : base::hex(base::random_bytes(16));
  const std::string_view flags = known ? incoming.substr(53, 2) : std::string_view("00");
  return "00-" + trace + "-" + base::hex(base::random_bytes(8)) + "-" + std::string(flags);
}

std::string_view trace_id(std::string_view trace_parent) {
  return trace_parent.size() < trace_parent_size ? std::string_view()
                                                 : trace_parent.substr(trace_id_at, trace_id_size);
}

std::string take_request_id(std::string_view incoming) {
  const bool plain = !incoming.empty() && incoming.size() <= request_id_max &&
                     std::ranges::all_of(incoming, [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                              (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' ||
                              c == ':';
                     });
  return plain ? std::string(incoming) : base::make_uuid7();
}

}  // namespace http
