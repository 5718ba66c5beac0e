#include "http/target.h"

#include "base/text.h"

namespace http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte written as %XX at `at`; -1 when it is not one.
int escaped_byte(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size()) return -1;
  const int high = hex_digit(text[at + 1]);
  const int low = hex_digit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

base::Error bad_target(std::string message) {
  return {.status = 400, .code = "bad_target", .message = std::move(message)};
}

// A query is data, not structure: what is malformed stays as it was written, and what is not text
// is replaced.
std::string decode_query_text(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded.push_back(' ');
    } else if (const int byte = text[i] == '%' ? escaped_byte(text, i) : -1; byte >= 0) {
      decoded.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return base::clean_utf8(decoded);
}

base::Result<std::string> decode_path(std::string_view text) {
  std::string path;
  path.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    int byte = static_cast<unsigned char>(text[i]);
    if (text[i] == '%') {
      byte = escaped_byte(text, i);
      if (byte < 0) return base::fail(bad_target("The path has a malformed percent escape."));
      if (byte == '/') return base::fail(bad_target("The path has an encoded slash."));
      i += 2;
    }
    if (byte < 0x20 || byte == 0x7F || byte == '\\') {
      return base::fail(bad_target("The path has a forbidden character."));
    }
    path.push_back(static_cast<char>(byte));
  }
  if (!base::is_utf8(path)) return base::fail(bad_target("The path is not UTF-8."));
  return path;
}

base::Result<void> check_segments(std::string_view path) {
  std::string_view rest = path.substr(1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, end);
    if (segment.empty()) return base::fail(bad_target("The path has an empty segment."));
    if (segment == "." || segment == "..") {
      return base::fail(bad_target("The path has a dot segment."));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

// "http://host/path" becomes "/path"; everything else stays.
std::string_view strip_authority(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!base::equals_ignore_case(text.substr(0, scheme.size()), scheme)) continue;
    const std::size_t path = text.find_first_of("/?", scheme.size());
    return path == std::string_view::npos ? "/" : text.substr(path);
  }
  return text;
}

}  // namespace

Query Query::parse(std::string_view text) {
  Query query;
  while (!text.empty() && query.pairs.size() < query_pairs_max) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    query.pairs.emplace_back(decode_query_text(pair.substr(0, equals)), decode_query_text(value));
  }
  return query;
}

std::optional<std::string_view> Query::get(std::string_view name) const {
  for (const auto& [key, value] : pairs) {
    if (key == name) return value;
  }
  return std::nullopt;
}

base::Result<Target> parse_target(std::string_view text) {
  if (text.size() > target_max) {
    return base::fail({.status = 414,
                       .code = "target_too_long",
                       .message = "The address is longer than 8192 bytes."});
  }
  const std::string_view given = text;
  text = strip_authority(text);
  const bool visible =
      std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
  if (!visible)
    return base::fail(bad_target("The address has a character that must be percent-encoded."));

  const std::size_t mark = std::min(text.find('?'), text.size());
  // An absolute address may have a query without a path.
  const std::string_view raw_path =
      mark == 0 && text.size() < given.size() ? "/" : text.substr(0, mark);
  if (!raw_path.starts_with('/')) return base::fail(bad_target("The address must begin with '/'."));

  auto path = decode_path(raw_path);
  if (!path) return std::unexpected(path.error());
  if (auto ok = check_segments(*path); !ok) return std::unexpected(ok.error());
  return Target{.path = std::move(*path),
                .query = Query::parse(text.substr(std::min(mark + 1, text.size())))};
}

}  // namespace http
