// Text as networks and people count it. All strings are UTF-8; invalid bytes are counted as U+FFFD
// and never crash.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace base {

bool is_utf8(std::string_view text);
// Replaces what is not UTF-8 by U+FFFD, and drops control characters other than tab and newline.
std::string clean_utf8(std::string_view text);

std::size_t count_graphemes(std::string_view text);  // UAX #29 extended grapheme clusters (ICU)
std::size_t count_code_points(std::string_view text);
std::size_t count_utf16(std::string_view text);  // UTF-16 code units

// At most `max` graphemes; cut at a word boundary when one is near, with an ellipsis when something
// was cut.
std::string truncate_graphemes(std::string_view text, std::size_t max);

std::string_view trim(std::string_view text);  // ASCII white space
std::string to_lower_ascii(std::string_view text);
bool equals_ignore_case(std::string_view a, std::string_view b);  // ASCII only
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

std::string fold(std::string_view text);  // NFKC_Casefold (ICU): for comparing, never for showing

std::string hex(std::string_view bytes);
std::string from_hex(std::string_view text);  // empty when not hexadecimal
std::string base64(std::string_view bytes);
std::string base64url(std::string_view bytes);  // no padding
// Either alphabet, padding optional; empty when not base64.
std::string from_base64(std::string_view text);

std::string url_encode(std::string_view text);  // RFC 3986 unreserved characters stay
std::string url_decode(std::string_view text, bool plus_is_space);

std::string escape_html(std::string_view text);  // & < > " '
// Text of an HTML fragment: <p> and <br> become newlines, tags vanish, entities are read, scripts
// and styles dropped.
std::string html_to_text(std::string_view html);

// A link found in text: byte offsets of the part that is a URL (http or https).
struct Span {
  std::size_t begin;
  std::size_t end;
};
std::vector<Span> find_urls(std::string_view text);
// Hashtags: '#' then letters, digits, marks or '_' of any script, not all digits; the span includes
// the '#'.
std::vector<Span> find_hashtags(std::string_view text);

}  // namespace base
