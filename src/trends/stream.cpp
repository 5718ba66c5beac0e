#include "trends/stream.h"

#include "trends/hashing.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace trends {

void Stream::advance(Step step) {
  if (step <= timeline_.now()) return;
  if (half_hour_of(step) != half_hour_of(timeline_.now())) {
    if (ones_ > 0) std::memset(bits_.data(), 0, places / 8);
    ones_ = 0;
    level_ = 0;
  }
  timeline_.advance(step, half_life_);
}

void Stream::count(Step step, std::uint64_t author) {
  advance(step);
  const double authors = insert(mix(author ^ hash_step, hash_seed + half_hour_of(step)));
  if (authors > 0) timeline_.add(step, {.authors = static_cast<float>(authors), .posts = 0});
}

double Stream::insert(std::uint64_t print) {
  if (static_cast<unsigned>(std::countr_zero(print >> 18 | std::uint64_t{1} << 40)) < level_)
    return 0;
  std::uint64_t& word = bits_[(print & (places - 1)) / 64];
  const std::uint64_t bit = std::uint64_t{1} << (print % 64);
  if ((word & bit) != 0) return 0;
  word |= bit;
  const double authors = std::ldexp(
      static_cast<double>(places) / static_cast<double>(places - ones_), static_cast<int>(level_));
  if (++ones_ > places / 4 * 3) {
    std::memset(bits_.data(), 0, places / 8);
    ones_ = 0;
    ++level_;
  }
  return authors;
}

}  // namespace trends
