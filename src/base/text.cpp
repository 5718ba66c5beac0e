#include "base/text.h"

#include "base/check.h"

#include <algorithm>
#include <array>
#include <memory>

#include <unicode/brkiter.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

namespace base {
namespace {

// Making a break iterator costs a thousand times a short text; each thread keeps one.
icu::BreakIterator& grapheme_iterator() {
  thread_local const std::unique_ptr<icu::BreakIterator> iterator = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> made(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), error));
    CHECK(U_SUCCESS(error));
    return made;
  }();
  return *iterator;
}

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

// Opens `text` in the thread's iterator and calls visit(begin, end) for every grapheme until it
// says false.
template <class Visit>
void each_grapheme(std::string_view text, Visit visit) {
  UErrorCode error = U_ZERO_ERROR;
  UText input = UTEXT_INITIALIZER;
  utext_openUTF8(&input, text.data(), static_cast<int64_t>(text.size()), &error);
  CHECK(U_SUCCESS(error));
  icu::BreakIterator& iterator = grapheme_iterator();
  iterator.setText(&input, error);
  CHECK(U_SUCCESS(error));
  int32_t begin = iterator.first();
  for (int32_t end = iterator.next(); end != icu::BreakIterator::DONE;
       begin = end, end = iterator.next()) {
    if (!visit(static_cast<std::size_t>(begin), static_cast<std::size_t>(end))) break;
  }
  utext_close(&input);
}

// The code point at `index`, which moves behind it; U+FFFD for what is not UTF-8.
UChar32 next_code_point(std::string_view text, std::size_t& index) {
  UChar32 c = 0;
  auto position = static_cast<int32_t>(index);
  U8_NEXT_OR_FFFD(reinterpret_cast<const uint8_t*>(text.data()), position,
                  static_cast<int32_t>(text.size()), c);
  index = static_cast<std::size_t>(position);
  return c;
}

void append_utf8(std::string& text, UChar32 c) {
  std::array<uint8_t, U8_MAX_LENGTH> bytes{};
  int32_t length = 0;
  UBool failed = false;
  U8_APPEND(bytes.data(), length, U8_MAX_LENGTH, c, failed);
  if (!failed)
    text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_tag_character(UChar32 c) {
  return u_isalnum(c) || c == '_' || u_hasBinaryProperty(c, UCHAR_GRAPHEME_EXTEND) || c == 0x200C ||
         c == 0x200D || c == 0x30FC;
}

// Punctuation that ends a sentence, not a URL; a closing bracket belongs to the URL when it was
// opened there.
std::size_t trim_url_end(std::string_view text, std::size_t begin, std::size_t end) {
  while (end > begin) {
    const char last = text[end - 1];
    if (std::string_view(".,;:!?'\"*_~").contains(last)) {
      --end;
      continue;
    }
    const std::string_view url = text.substr(begin, end - begin);
    const bool unbalanced =
        (last == ')' && !url.contains('(')) || (last == ']' && !url.contains('['));
    if (!unbalanced) break;
    --end;
  }
  return end;
}

}  // namespace

bool is_utf8(std::string_view text) {
  if (is_ascii(text)) return true;
  for (std::size_t index = 0; index < text.size();) {
    UChar32 c = 0;
    auto position = static_cast<int32_t>(index);
    U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), position,
            static_cast<int32_t>(text.size()), c);
    if (c < 0) return false;
    index = static_cast<std::size_t>(position);
  }
  return true;
}

std::string clean_utf8(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t index = 0; index < text.size();) {
    const UChar32 c = next_code_point(text, index);
    const bool control = (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0);
    if (!control) append_utf8(clean, c);
  }
  return clean;
}

std::size_t count_graphemes(std::string_view text) {
  if (is_ascii(text) && !text.contains('\r')) return text.size();
  std::size_t count = 0;
  each_grapheme(text, [&](std::size_t, std::size_t) {
    ++count;
    return true;
  });
  return count;
}

std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t index = 0; index < text.size(); ++count) next_code_point(text, index);
  return count;
}

std::size_t count_utf16(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t index = 0; index < text.size();)
    count += next_code_point(text, index) > 0xffff ? 2 : 1;
  return count;
}

std::string truncate_graphemes(std::string_view text, std::size_t max) {
  if (count_graphemes(text) <= max) return std::string(text);
  if (max == 0) return {};
  std::size_t count = 0;
  std::size_t cut = 0;
  std::size_t word_end = 0;
  each_grapheme(text, [&](std::size_t begin, std::size_t end) {
    if (++count == max) return false;  // the last place is the ellipsis's
    if (is_space(text[begin])) word_end = begin;
    cut = end;
    return true;
  });
  if (word_end > cut / 2) cut = word_end;
  return std::string(trim(text.substr(0, cut))) + "…";
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string to_lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return lower;
}

bool equals_ignore_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && to_lower_ascii(a) == to_lower_ascii(b);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t end = text.find(separator); end != std::string_view::npos;
       end = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) joined += separator;
    joined += part;
  }
  return joined;
}

std::string fold(std::string_view text) {
  if (is_ascii(text)) return to_lower_ascii(text);
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFKCCasefoldInstance(error);
  CHECK(U_SUCCESS(error));
  const icu::UnicodeString folded = normalizer->normalize(
      icu::UnicodeString::fromUTF8({text.data(), static_cast<int32_t>(text.size())}), error);
  std::string result;
  folded.toUTF8String(result);
  return result;
}

std::vector<Span> find_urls(std::string_view text) {
  std::vector<Span> spans;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t colon = text.find("://", from);
    if (colon == std::string_view::npos) break;
    std::size_t scheme = 0;
    for (const std::string_view name : {"https", "http"}) {
      if (colon >= name.size() &&
          equals_ignore_case(text.substr(colon - name.size(), name.size()), name)) {
        scheme = name.size();
        break;
      }
    }
    std::size_t end = colon + 3;
    while (end < text.size() && !is_space(text[end]) &&
           !std::string_view("<>\"{}|\\^`").contains(text[end]) &&
           static_cast<unsigned char>(text[end]) >= 0x20 &&
           !text.substr(end).starts_with("\xe3\x80")) {
      ++end;
    }
    end = trim_url_end(text, colon + 3, end);
    if (scheme > 0 && end > colon + 3) spans.push_back({colon - scheme, end});
    from = std::max(end, colon + 3);
  }
  return spans;
}

std::vector<Span> find_hashtags(std::string_view text) {
  std::vector<Span> spans;
  const std::vector<Span> urls = find_urls(text);
  UChar32 before = ' ';
  for (std::size_t index = 0; index < text.size();) {
    const std::size_t begin = index;
    const UChar32 c = next_code_point(text, index);
    const bool hash =
        (c == '#' || c == 0xFF03) && !is_tag_character(before) && before != '&' && before != '/';
    before = c;
    if (!hash) continue;
    std::size_t end = index;
    bool letter = false;
    while (end < text.size()) {
      std::size_t next = end;
      const UChar32 part = next_code_point(text, next);
      if (!is_tag_character(part)) break;
      letter = letter || !(u_isdigit(part) || part == '_');
      before = part;
      end = next;
    }
    index = end;
    const bool in_url =
        std::ranges::any_of(urls, [&](Span url) { return url.begin <= begin && begin < url.end; });
    if (letter && !in_url) spans.push_back({begin, end});
  }
  return spans;
}

}  // namespace base
