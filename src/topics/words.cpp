#include "topics/words.h"

#include "base/text.h"
#include "trends/folding.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace topics {
namespace {

constexpr std::size_t folded_at_once = 400;  // of trends::fold_word

struct Folded {
  std::string text;
  bool unspaced = false;
};

Folded fold_pieces(std::string_view text) {
  text = text.substr(0, text_max);
  Folded folded{.text = " "};
  for (std::size_t at = 0; at < text.size();) {
    const trends::Piece piece = trends::next_piece(text, at);
    if (piece.begin == piece.end) break;
    const std::string_view word = text.substr(piece.begin, piece.end - piece.begin);
    const std::size_t before = folded.text.size();
    if (word.size() <= folded_at_once) {
      trends::fold_word(word, folded.text);
    } else {
      folded.text += base::fold(word);
    }
    if (folded.text.size() > before) folded.text += ' ';
    folded.unspaced = folded.unspaced || piece.unspaced;
    at = piece.end;
  }
  if (folded.text.size() == 1) folded.text.clear();
  return folded;
}

}  // namespace

std::string folded_words(std::string_view text) { return fold_pieces(text).text; }

std::string folded_keyword(std::string_view keyword) {
  Folded folded = fold_pieces(keyword);
  if (folded.unspaced) return std::string(base::trim(folded.text));
  return folded.text;
}

std::string lowered(std::string_view text) {
  text = text.substr(0, text_max);
  std::string out;
  out.reserve(text.size());
  const auto length = static_cast<std::int32_t>(text.size());
  for (std::int32_t at = 0; at < length;) {
    const auto byte = static_cast<unsigned char>(text[static_cast<std::size_t>(at)]);
    if (byte < 0x80) {
      out += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
      ++at;
      continue;
    }
    UChar32 letter = 0;
    U8_NEXT_OR_FFFD(reinterpret_cast<const std::uint8_t*>(text.data()), at, length, letter);
    letter = u_tolower(letter);
    char bytes[4];
    std::int32_t size = 0;
    U8_APPEND_UNSAFE(bytes, size, letter);
    out.append(bytes, static_cast<std::size_t>(size));
  }
  return out;
}

}  // namespace topics
