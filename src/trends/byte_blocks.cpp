#include "trends/byte_blocks.h"

#include <bit>
#include <cstring>

// Sanitizers watch too much to run while the loader still chooses.
#if defined(__x86_64__) && !__has_feature(address_sanitizer) && \
    !__has_feature(thread_sanitizer) && !__has_feature(memory_sanitizer)
#define FOR_EACH_PROCESSOR \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "arch=x86-64-v2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

namespace trends {

namespace {

using Bytes = std::uint8_t __attribute__((vector_size(block_size)));
using Bits = bool __attribute__((ext_vector_type(block_size)));

// References, because by value a vector is passed differently by each generation.
[[gnu::always_inline]] inline void load(Bytes& bytes, const char* from) {
  std::memcpy(&bytes, from, block_size);
}

// Of a vector whose bytes are all ones or all zeros.
[[gnu::always_inline]] inline std::uint64_t bits_of(const Bytes& truth) {
  return std::bit_cast<std::uint64_t>(__builtin_convertvector(truth, Bits));
}

[[gnu::always_inline]] inline TextBits classify(const Bytes& bytes, char* lower) {
  constexpr auto letters = std::uint8_t{26};
  const Bytes low = bytes | (((bytes - std::uint8_t{'A'}) < letters) & std::uint8_t{0x20});
  std::memcpy(lower, &low, block_size);
  const std::uint64_t foreign = bits_of(bytes >= std::uint8_t{0x80});
  const Bytes word = ((low - std::uint8_t{'a'}) < letters) |
                     ((low - std::uint8_t{'0'}) < std::uint8_t{10}) | (low == std::uint8_t{'_'});
  const Bytes sign = ((bytes - std::uint8_t{'#'}) < std::uint8_t{2}) | (bytes == std::uint8_t{'@'});
  return {.words = bits_of(word) | foreign,
          .foreign = foreign,
          .signs = bits_of(sign),
          .colons = bits_of(bytes == std::uint8_t{':'})};
}

}  // namespace

FOR_EACH_PROCESSOR
void classify_text(const char* text, std::size_t size, char* lower, TextBits* bits) {
  Bytes bytes;
  for (; size >= block_size; size -= block_size) {
    load(bytes, text);
    *bits++ = classify(bytes, lower);
    text += block_size;
    lower += block_size;
  }
  if (size == 0) return;
  bytes = Bytes{};
  std::memcpy(&bytes, text, size);
  *bits = classify(bytes, lower);
}

FOR_EACH_PROCESSOR
void classify_lines(const char* text, std::size_t blocks, LineBits* bits) {
  for (std::size_t i = 0; i < blocks; ++i) {
    Bytes bytes;
    load(bytes, text + i * block_size);
    const std::uint64_t newlines = bits_of(bytes == std::uint8_t{'\n'});
    bits[i] = {.quotes = bits_of(bytes == std::uint8_t{'"'}),
               .escapes = bits_of(bytes == std::uint8_t{'\\'}),
               .newlines = newlines,
               .controls = bits_of(bytes < std::uint8_t{' '}) & ~newlines};
  }
}

}  // namespace trends
