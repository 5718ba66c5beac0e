#include "trends/sources/feed_encoding.h"

#include "base/text.h"

#include <unicode/ucnv.h>

namespace trends {
namespace {

struct Mark {
  std::string_view bytes;
  const char* encoding;
};

constexpr Mark marks[] = {{"\xEF\xBB\xBF", "UTF-8"},
                          {std::string_view("\xFF\xFE\0\0", 4), "UTF-32LE"},
                          {std::string_view("\0\0\xFE\xFF", 4), "UTF-32BE"},
                          {"\xFF\xFE", "UTF-16LE"},
                          {"\xFE\xFF", "UTF-16BE"},
                          // Without a mark, by how "<?" and "<r" look.
                          {std::string_view("<\0?\0", 4), "UTF-16LE"},
                          {std::string_view("\0<\0?", 4), "UTF-16BE"}};

std::string charset_after(std::string_view text, std::string_view key) {
  const auto at = base::to_lower_ascii(text).find(key);
  if (at == std::string::npos) return "";
  text.remove_prefix(at + key.size());
  text = base::trim(text);
  if (text.starts_with('=')) text = base::trim(text.substr(1));
  if (text.starts_with('"') || text.starts_with('\'')) text.remove_prefix(1);
  const auto end = text.find_first_of("\"'; ?>\t\r\n");
  return std::string(text.substr(0, std::min<std::size_t>(end, 40)));
}

std::string declared_encoding(std::string_view body) {
  if (!body.starts_with("<?xml")) return "";
  return charset_after(body.substr(0, std::min<std::size_t>(body.find("?>"), 200)), "encoding");
}

// Empty when ICU does not know the encoding.
std::optional<std::string> convert(std::string_view body, const std::string& encoding) {
  UErrorCode error = U_ZERO_ERROR;
  const auto wanted = static_cast<std::int32_t>(body.size());
  const std::int32_t size =
      ucnv_convert("UTF-8", encoding.c_str(), nullptr, 0, body.data(), wanted, &error);
  if (error != U_BUFFER_OVERFLOW_ERROR && U_FAILURE(error)) return {};
  std::string text(static_cast<std::size_t>(size), '\0');
  error = U_ZERO_ERROR;
  ucnv_convert("UTF-8", encoding.c_str(), text.data(), size, body.data(), wanted, &error);
  if (U_FAILURE(error)) return {};
  return text;
}

bool is_utf8_name(const std::string& name) {
  return base::equals_ignore_case(name, "utf-8") || base::equals_ignore_case(name, "utf8");
}

}  // namespace

std::string feed_as_utf8(std::string_view body, std::string_view content_type) {
  for (const Mark& mark : marks) {
    if (!body.starts_with(mark.bytes)) continue;
    const bool is_mark = mark.bytes[0] != '<' && mark.bytes[1] != '<';
    if (is_mark) body.remove_prefix(mark.bytes.size());
    return base::clean_utf8(convert(body, mark.encoding).value_or(std::string(body)));
  }
  std::string encoding = declared_encoding(body);
  if (encoding.empty()) encoding = charset_after(content_type, "charset");
  if (!encoding.empty() && !is_utf8_name(encoding)) {
    if (auto text = convert(body, encoding)) return base::clean_utf8(*text);
  }
  if (base::is_utf8(body)) return base::clean_utf8(body);
  if (encoding.empty()) {
    if (auto text = convert(body, "windows-1252")) return base::clean_utf8(*text);
  }
  return base::clean_utf8(body);
}

}  // namespace trends
