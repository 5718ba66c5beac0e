#include "networks/weight.h"

#include "base/check.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace networks {
namespace {

constexpr UChar32 emoji_style = 0xFE0F;
constexpr UChar32 joiner = 0x200D;
constexpr UChar32 keycap = 0x20E3;

struct Point {
  UChar32 value = 0;  // 0 behind the end
  std::size_t end = 0;
};

Point point_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return {.value = 0, .end = text.size()};
  UChar32 c = 0;
  auto index = static_cast<int32_t>(at);
  U8_NEXT_OR_FFFD(reinterpret_cast<const uint8_t*>(text.data()), index,
                  static_cast<int32_t>(text.size()), c);
  return {.value = c, .end = static_cast<std::size_t>(index)};
}

bool has(UChar32 c, UProperty property) { return u_hasBinaryProperty(c, property) != 0; }

bool is_tag(UChar32 c) { return c >= 0xE0020 && c <= 0xE007F; }

// One emoji with its style, modifier or tags, without what is joined to it; `at` when there is
// none.
std::size_t element_end(std::string_view text, std::size_t at) {
  const auto first = point_at(text, at);
  auto next = point_at(text, first.end);
  if (has(first.value, UCHAR_REGIONAL_INDICATOR)) {
    return has(next.value, UCHAR_REGIONAL_INDICATOR) ? next.end : first.end;
  }
  const bool digit_like =
      (first.value >= '0' && first.value <= '9') || first.value == '#' || first.value == '*';
  if (digit_like) {
    if (next.value == emoji_style) next = point_at(text, next.end);
    return next.value == keycap ? next.end : at;
  }
  if (!has(first.value, UCHAR_EMOJI)) return at;
  const bool styled = next.value == emoji_style || has(next.value, UCHAR_EMOJI_MODIFIER);
  if (!styled && !has(first.value, UCHAR_EMOJI_PRESENTATION)) return at;
  std::size_t end = styled ? next.end : first.end;
  for (auto tag = point_at(text, end); is_tag(tag.value); tag = point_at(text, end)) end = tag.end;
  return end;
}

std::string in_form_c(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  const auto* normalizer = icu::Normalizer2::getNFCInstance(error);
  CHECK(U_SUCCESS(error));
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  normalizer->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())),
                            sink, nullptr, error);
  CHECK(U_SUCCESS(error));
  return out;
}

// twitter-text's third configuration.
bool is_light(UChar32 c) {
  return c <= 4351 || (c >= 8192 && c <= 8205) || (c >= 8208 && c <= 8223) ||
         (c >= 8242 && c <= 8247);
}

// Endings by which X takes a name without a scheme for a link; its own list has all of them.
const std::set<std::string, std::less<>>& common_endings() {
  static const std::set<std::string, std::less<>> endings{
      "com", "org",    "net",  "edu",   "gov",   "info",   "biz",   "io",   "dev",
      "app", "ai",     "co",   "me",    "tv",    "blog",   "news",  "shop", "tech",
      "xyz", "online", "site", "store", "cloud", "social", "media", "live", "eu"};
  return endings;
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

// "example.org/path" without a scheme: the end of it, or `at`.
std::size_t bare_link_end(std::string_view text, std::size_t at) {
  if (at > 0 && (is_name(text[at - 1]) || std::string_view("@#$._/").contains(text[at - 1]) ||
                 static_cast<unsigned char>(text[at - 1]) >= 0x80)) {
    return at;
  }
  std::size_t end = at;
  std::size_t label = at;
  std::size_t labels = 0;
  while (end < text.size() && is_name(text[end])) {
    label = end;
    while (end < text.size() && is_name(text[end])) ++end;
    ++labels;
    if (end + 1 >= text.size() || text[end] != '.' || !is_name(text[end + 1])) break;
    ++end;
  }
  if (labels < 2 || (end < text.size() && text[end] == '@')) return at;
  if (!common_endings().contains(base::to_lower_ascii(text.substr(label, end - label)))) return at;
  if (end < text.size() && text[end] == '/') {
    while (end < text.size() && static_cast<unsigned char>(text[end]) > 0x20) ++end;
  }
  return end;
}

std::int64_t weigh_words(std::string_view text, std::int64_t url_length) {
  std::int64_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (const auto end = bare_link_end(text, at); end != at) {
      used += url_length;
      at = end;
    } else if (const auto emoji = emoji_end(text, at); emoji != at) {
      used += 2;
      at = emoji;
    } else {
      const auto point = point_at(text, at);
      used += is_light(point.value) ? 1 : 2;
      at = point.end;
    }
  }
  return used;
}

}  // namespace

std::size_t emoji_end(std::string_view text, std::size_t at) {
  std::size_t end = element_end(text, at);
  while (end != at) {
    const auto join = point_at(text, end);
    if (join.value != joiner) break;
    // What is joined need not be styled: the second part of a heart on fire, say.
    const auto part = element_end(text, join.end);
    const auto plain = point_at(text, join.end);
    if (part != join.end) {
      end = part;
    } else if (has(plain.value, UCHAR_EMOJI)) {
      end = plain.end;
    } else {
      break;
    }
  }
  return end;
}

std::int64_t count_emoji_bytes(std::string_view text) {
  std::int64_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = emoji_end(text, at);
    used += end != at ? static_cast<std::int64_t>(end - at) : 1;
    at = end != at ? end : point_at(text, at).end;
  }
  return used;
}

std::int64_t count_weighted(std::string_view text, std::int64_t url_length) {
  const auto normal = in_form_c(base::is_utf8(text) ? std::string(text) : base::clean_utf8(text));
  const std::string_view all = normal;
  std::int64_t used = 0;
  std::size_t at = 0;
  for (const auto& url : base::find_urls(all)) {
    used += weigh_words(all.substr(at, url.begin - at), url_length) + url_length;
    at = url.end;
  }
  return used + weigh_words(all.substr(at), url_length);
}

}  // namespace networks
