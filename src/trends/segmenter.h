// WordSegmenter: words of scripts that are written without blanks (Han, kana, Thai, Lao, Khmer,
// Burmese), by ICU's dictionaries. Holds a break iterator: one owner at a time.
#pragma once

#include "trends/folding.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct UBreakIterator;

namespace trends {

class WordSegmenter {
 public:
  WordSegmenter();

  // The words of text[begin, end), in order; positions refer to `text`. Valid until the next call.
  const std::vector<Piece>& split(std::string_view text, std::size_t begin, std::size_t end);

 private:
  struct Close {
    void operator()(UBreakIterator* iterator) const;
  };

  std::unique_ptr<UBreakIterator, Close> iterator_;
  std::u16string units_;
  std::vector<std::size_t> offsets_;  // byte of `text` where each UTF-16 unit begins, and the end
  std::vector<Piece> pieces_;
};

}  // namespace trends
