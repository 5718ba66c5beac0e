// Reading of HTML fragments as Mastodon and feeds send them: text, not structure.
#include "base/text.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include <unicode/utf8.h>

namespace base {
namespace {

struct Entity {
  std::string_view name;
  std::string_view text;
};

// Those that occur in posts; the numeric form covers every other character.
constexpr Entity entities[] = {
    {"amp", "&"},    {"lt", "<"},     {"gt", ">"},     {"quot", "\""},  {"apos", "'"},
    {"nbsp", " "},   {"hellip", "…"}, {"mdash", "—"},  {"ndash", "–"},  {"lsquo", "‘"},
    {"rsquo", "’"},  {"ldquo", "“"},  {"rdquo", "”"},  {"bull", "•"},   {"middot", "·"},
    {"copy", "©"},   {"reg", "®"},    {"trade", "™"},  {"euro", "€"},   {"pound", "£"},
    {"yen", "¥"},    {"cent", "¢"},   {"deg", "°"},    {"laquo", "«"},  {"raquo", "»"},
    {"times", "×"},  {"auml", "ä"},   {"ouml", "ö"},   {"uuml", "ü"},   {"Auml", "Ä"},
    {"Ouml", "Ö"},   {"Uuml", "Ü"},   {"szlig", "ß"},  {"eacute", "é"}, {"egrave", "è"},
    {"agrave", "à"}, {"ccedil", "ç"}, {"ntilde", "ñ"}, {"aacute", "á"}, {"iacute", "í"},
    {"oacute", "ó"}, {"uacute", "ú"}};

std::optional<std::string> numeric_entity(std::string_view digits) {
  const bool hexadecimal = digits.starts_with('x') || digits.starts_with('X');
  if (hexadecimal) digits.remove_prefix(1);
  std::int32_t c = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), c, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size() || c <= 0) return {};
  std::array<uint8_t, U8_MAX_LENGTH> bytes{};
  int32_t length = 0;
  UBool failed = false;
  U8_APPEND(bytes.data(), length, U8_MAX_LENGTH, c, failed);
  if (failed) return {};
  return std::string(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

// Appends the entity at html[index] ('&') and moves behind it; a lone ampersand stays one.
void read_entity(std::string_view html, std::size_t& index, std::string& text) {
  const std::size_t end = html.substr(0, index + 34).find(';', index);
  if (end != std::string_view::npos) {
    const std::string_view name = html.substr(index + 1, end - index - 1);
    if (name.starts_with('#')) {
      if (const auto c = numeric_entity(name.substr(1))) {
        text += *c;
        index = end + 1;
        return;
      }
    }
    for (const Entity& entity : entities) {
      if (entity.name == name) {
        text += entity.text;
        index = end + 1;
        return;
      }
    }
  }
  text += '&';
  ++index;
}

std::string tag_name(std::string_view tag) {
  std::size_t begin = tag.starts_with('/') ? 1 : 0;
  std::size_t end = begin;
  while (end < tag.size() && ((tag[end] | 0x20) >= 'a' && (tag[end] | 0x20) <= 'z')) ++end;
  return to_lower_ascii(tag.substr(begin, end - begin));
}

// Moves behind the closing tag of an element whose text is not for people.
std::size_t skip_element(std::string_view html, std::size_t index, std::string_view name) {
  while (true) {
    const std::size_t open = html.find("</", index);
    if (open == std::string_view::npos) return html.size();
    if (equals_ignore_case(html.substr(open + 2, name.size()), name)) {
      const std::size_t close = html.find('>', open);
      return close == std::string_view::npos ? html.size() : close + 1;
    }
    index = open + 2;
  }
}

void end_line(std::string& text, std::string_view tag, bool closing) {
  const bool block = tag == "p" || tag == "div" || tag == "li" || tag == "blockquote" ||
                     tag == "h1" || tag == "h2" || tag == "h3";
  if (tag == "br" || (block && closing)) text += '\n';
}

}  // namespace

std::string html_to_text(std::string_view html) {
  std::string text;
  text.reserve(html.size());
  for (std::size_t index = 0; index < html.size();) {
    if (html[index] == '&') {
      read_entity(html, index, text);
      continue;
    }
    const bool opens = html[index] == '<' && index + 1 < html.size() &&
                       (html[index + 1] == '/' || html[index + 1] == '!' ||
                        ((html[index + 1] | 0x20) >= 'a' && (html[index + 1] | 0x20) <= 'z'));
    if (!opens) {
      text += html[index++];
      continue;
    }
    const bool comment = html.substr(index).starts_with("<!--");
    const std::size_t close = comment ? html.find("-->", index) : html.find('>', index);
    if (close == std::string_view::npos) break;
    const std::string_view tag = html.substr(index + 1, close - index - 1);
    index = close + (comment ? 3 : 1);
    const std::string name = tag_name(tag);
    if ((name == "script" || name == "style") && !tag.starts_with('/'))
      index = skip_element(html, index, name);
    end_line(text, name, tag.starts_with('/'));
  }
  return std::string(trim(text));
}

}  // namespace base
