// Folding and cutting of text beyond ASCII, for the tokenizer. Any bytes are accepted; what is not
// UTF-8 separates.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace trends {

struct Piece {  // bytes [begin, end) of the text
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t code_points = 0;
  bool unspaced = false;   // holds a script that is written without blanks
  bool truncated = false;  // an ellipsis follows: only the head of a word
};

// The next stretch of letters, digits, marks and '_' at or after `from`; begin == end when there is
// none.
Piece next_piece(std::string_view text, std::size_t from);

// Appends `word` case-folded, so that equal words of any spelling become equal bytes; drops format
// characters. Appends nothing for a word of more than 400 bytes.
void fold_word(std::string_view word, std::string& out);

}  // namespace trends
