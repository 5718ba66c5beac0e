#include "trends/folding.h"

#include "base/text.h"

#include <array>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace trends {

namespace {

constexpr UChar32 ellipsis = 0x2026;
constexpr std::size_t fold_max = 400;  // bytes; longer is no word, and some characters fold to many

enum class Class : std::uint8_t { separator, part, ignored };

Class class_of(UChar32 c) {
  // Variation selectors and keycaps belong to the emoji before them.
  if ((c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF) || c == 0x20E3)
    return Class::ignored;
  if (c == '_') return Class::part;
  const auto mask = U_GET_GC_MASK(c);
  if ((mask & (U_GC_L_MASK | U_GC_M_MASK | U_GC_ND_MASK)) != 0) return Class::part;
  // Joiners and direction marks stand inside words (Persian, Hindi, mixed directions).
  if ((mask & U_GC_CF_MASK) != 0) return Class::ignored;
  return Class::separator;
}

bool is_unspaced(UChar32 c) {
  if (c < 0x0E00) return false;
  return c <= 0x0EFF || (c >= 0x1000 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF) ||
         (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFF66 && c <= 0xFF9D) || (c >= 0x20000 && c <= 0x3FFFF);
}

// Combining marks, conjoining jamo and compatibility forms need normalising; everything else only
// case folding.
bool needs_normalising(UChar32 c) {
  // ... and the few letters that fold to two.
  if (c == 0xDF || c == 0x130 || c == 0x149 || c == 0x1F0 || c == 0x390 || c == 0x3B0 || c == 0x587)
    return true;
  return (c >= 0x0300 && c <= 0x036F) || (c >= 0x1100 && c <= 0x11FF) ||
         (c >= 0x1E00 && c <= 0x1EFF) || c >= 0xF900;
}

// What ICU says of every character of one or two bytes: nearly all of the letters of Latin, Greek,
// Cyrillic, Armenian, Hebrew and Arabic text.
struct Letter {
  std::uint16_t folded;
  Class kind;
  bool normalise;
};

const std::array<Letter, 0x800>& near_letters() {
  static const auto letters = [] {
    std::array<Letter, 0x800> made{};
    for (UChar32 c = 0; c < 0x800; ++c) {
      const UChar32 folded = u_foldCase(c, U_FOLD_CASE_DEFAULT);
      made[static_cast<std::size_t>(c)] = {
          .folded = static_cast<std::uint16_t>(folded < 0x800 ? folded : c),
          .kind = class_of(c),
          .normalise = needs_normalising(c) || folded >= 0x800};
    }
    return made;
  }();
  return letters;
}

Class classify(UChar32 c, const std::array<Letter, 0x800>& letters) {
  if (c < 0) return Class::separator;
  if (c < 0x800) return letters[static_cast<std::size_t>(c)].kind;
  const bool han_or_hangul = (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3);
  return han_or_hangul ? Class::part : class_of(c);
}

void append(UChar32 c, std::string& out) {
  char buffer[U8_MAX_LENGTH];
  std::int32_t length = 0;
  U8_APPEND_UNSAFE(buffer, length, c);
  out.append(buffer, static_cast<std::size_t>(length));
}

}  // namespace

Piece next_piece(std::string_view text, std::size_t from) {
  Piece piece{.begin = from, .end = from};
  const auto size = static_cast<std::int32_t>(text.size());
  auto position = static_cast<std::int32_t>(from);
  const auto& letters = near_letters();
  while (position < size) {
    const std::int32_t start = position;
    UChar32 c = 0;
    U8_NEXT(text.data(), position, size, c);
    const Class kind = classify(c, letters);
    if (kind == Class::ignored) continue;
    if (kind == Class::separator) {
      if (piece.code_points == 0) continue;
      piece.truncated = c == ellipsis;
      return piece;
    }
    if (piece.code_points++ == 0) piece.begin = static_cast<std::size_t>(start);
    piece.end = static_cast<std::size_t>(position);
    piece.unspaced = piece.unspaced || is_unspaced(c);
  }
  if (piece.code_points == 0) piece.begin = piece.end = from;
  return piece;
}

void fold_word(std::string_view word, std::string& out) {
  if (word.size() > fold_max) return;
  const std::size_t start = out.size();
  std::size_t plain = 0;
  for (; plain < word.size() && static_cast<unsigned char>(word[plain]) < 0x80; ++plain) {
    const char c = word[plain];
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')
      out += static_cast<char>(upper ? c + 32 : c);
  }
  if (plain == word.size()) return;
  out.resize(start);
  const auto size = static_cast<std::int32_t>(word.size());
  const auto& letters = near_letters();
  for (std::int32_t position = 0; position < size;) {
    UChar32 c = 0;
    U8_NEXT(word.data(), position, size, c);
    if (classify(c, letters) != Class::part) continue;
    const bool near = c < 0x800;
    if (near ? letters[static_cast<std::size_t>(c)].normalise : needs_normalising(c)) {
      out.resize(start);
      const std::string folded = base::fold(word);
      out += folded;
      return;
    }
    append(near ? letters[static_cast<std::size_t>(c)].folded : u_foldCase(c, U_FOLD_CASE_DEFAULT),
           out);
  }
}

}  // namespace trends
