// Lanes: a comparison with a few numbers at once, as a bit for each of them.
//
// In the compiler's own vector types, so that every processor has it. Pure functions.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace trends {

namespace lanes {
using Bits4 = bool __attribute__((ext_vector_type(4)));
using Bits16 = bool __attribute__((ext_vector_type(16)));

template <class Truth>
[[gnu::always_inline]] inline unsigned bits4(const Truth& truth) {
  return std::bit_cast<std::uint8_t>(__builtin_convertvector(truth, Bits4)) & 0xFU;
}
}  // namespace lanes

inline unsigned equal_of_four(const std::uint32_t* numbers, std::uint32_t value) {
  std::uint32_t __attribute__((vector_size(16))) four;
  std::memcpy(&four, numbers, sizeof four);
  return lanes::bits4(four == value);
}

// Neither 0 nor with the top bit set.
inline unsigned positive_of_four(const std::uint32_t* numbers) {
  std::int32_t __attribute__((vector_size(16))) four;
  std::memcpy(&four, numbers, sizeof four);
  return lanes::bits4(four > 0);
}

// Those further below `value` than `distance`, around the end of the numbers too.
inline unsigned far_below_of_four(const std::uint16_t* numbers, std::uint16_t value,
                                  std::uint16_t distance) {
  std::uint16_t __attribute__((vector_size(8))) four;
  std::memcpy(&four, numbers, sizeof four);
  return lanes::bits4(value - four > distance);
}

inline unsigned equal_of_sixteen(const void* numbers, std::uint32_t value) {
  std::uint32_t __attribute__((vector_size(64))) sixteen;
  std::memcpy(&sixteen, numbers, sizeof sixteen);
  return std::bit_cast<std::uint16_t>(__builtin_convertvector(sixteen == value, lanes::Bits16));
}

}  // namespace trends
