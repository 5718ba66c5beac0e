// Byte blocks: what sixty-four bytes are, as bits, for the tokenizer and the reader of lines.
//
// Why: looking at every byte by itself is most of the work of reading text. The same source is
// compiled for three generations of x86-64, of which the loader takes what the processor has, and
// once for every other processor. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trends {

inline constexpr std::size_t block_size = 64;

// Bit i tells of byte i.
struct TextBits {
  std::uint64_t words;    // letters, digits, '_' and everything above ASCII
  std::uint64_t foreign;  // above ASCII
  std::uint64_t signs;    // '@', '#' and '$'
  std::uint64_t colons;
};

// Writes `text` with ASCII letters in lower case and zero bytes up to the end of its last block to
// `lower`, and what its bytes are to `bits`, one for each block.
void classify_text(const char* text, std::size_t size, char* lower, TextBits* bits);

struct LineBits {
  std::uint64_t quotes;
  std::uint64_t escapes;  // backslashes
  std::uint64_t newlines;
  std::uint64_t controls;  // other bytes below a blank
};

// `text` must be readable up to the end of its last block.
void classify_lines(const char* text, std::size_t blocks, LineBits* bits);

}  // namespace trends
