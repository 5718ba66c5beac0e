#include "trends/segmenter.h"

#include <stdexcept>

#include <unicode/ubrk.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

namespace trends {

void WordSegmenter::Close::operator()(UBreakIterator* iterator) const { ubrk_close(iterator); }

WordSegmenter::WordSegmenter() {
  UErrorCode status = U_ZERO_ERROR;
  iterator_.reset(ubrk_open(UBRK_WORD, "", nullptr, 0, &status));
  if (U_FAILURE(status) != 0) throw std::runtime_error("ICU has no word break rules");
}

const std::vector<Piece>& WordSegmenter::split(std::string_view text, std::size_t begin,
                                               std::size_t end) {
  units_.clear();
  offsets_.clear();
  pieces_.clear();
  for (auto position = static_cast<std::int32_t>(begin);
       position < static_cast<std::int32_t>(end);) {
    const auto start = static_cast<std::size_t>(position);
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(text.data(), position, static_cast<std::int32_t>(end), c);
    char16_t buffer[2];
    std::size_t length = 0;
    U16_APPEND_UNSAFE(buffer, length, c);
    units_.append(buffer, length);
    offsets_.insert(offsets_.end(), length, start);
  }
  offsets_.push_back(end);

  UErrorCode status = U_ZERO_ERROR;
  ubrk_setText(iterator_.get(), units_.data(), static_cast<std::int32_t>(units_.size()), &status);
  if (U_FAILURE(status) != 0) return pieces_;
  std::int32_t last = ubrk_first(iterator_.get());
  for (std::int32_t next = ubrk_next(iterator_.get()); next != UBRK_DONE;
       next = ubrk_next(iterator_.get())) {
    if (ubrk_getRuleStatus(iterator_.get()) >= UBRK_WORD_LETTER) {
      pieces_.push_back({.begin = offsets_[static_cast<std::size_t>(last)],
                         .end = offsets_[static_cast<std::size_t>(next)],
                         .code_points = static_cast<std::size_t>(next - last)});
    }
    last = next;
  }
  return pieces_;
}

}  // namespace trends
