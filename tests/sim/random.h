// The one source of chance of a simulation: whatever is decided anywhere is drawn from it, in the
// order in which it is decided, so that a seed is a story.
#pragma once

#include "base/time.h"

#include <cstdint>

namespace sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 0x1234567U) {}

  // SplitMix64 (Steele, Lea, Flood 2014): enough for choosing, and the same everywhere.
  std::uint64_t next() {
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15U);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
  }
  double fraction() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  // Draws nothing when there is nothing to decide.
  bool chance(double probability) { return probability > 0 && fraction() < probability; }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
  int between(int low, int high) {
    return low + static_cast<int>(below(static_cast<std::size_t>(high - low + 1)));
  }
  base::Duration between(base::Duration low, base::Duration high) {
    const auto span = static_cast<std::size_t>((high - low).count() + 1);
    return low + base::Duration{static_cast<std::int64_t>(below(span))};
  }
  const auto& pick(const auto& list) { return list[below(list.size())]; }

 private:
  std::uint64_t state_;
};

}  // namespace sim
