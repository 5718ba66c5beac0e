// Background: how much was a key used in the past that has no record (any more)? 8 bytes a cell,
// two cells of one cache line a key.
//
// A count-min sketch of authors, halved every baseline half-life, so that a word that returns every
// day is not "new" when it is admitted again. Overestimates by collisions, never underestimates.
// Zero bytes are the empty state.
#pragma once

#include "trends/hashing.h"
#include "trends/lazy_array.h"
#include "trends/surprise.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace trends {

class Background {
 public:
  struct Cell {
    float authors;
    std::uint32_t half_hour;  // of `authors`
  };

  Background(std::size_t cells, double half_life) : cells_(cells), half_life_(half_life) {}

  void prefetch(std::uint64_t place) const { __builtin_prefetch(&cells_[first(place)], 1, 3); }

  void add(std::uint64_t place, double authors, std::int64_t half_hour) {
    for (const std::size_t i : both(place)) {
      Cell& cell = cells_[i];
      const auto now = std::max(cell.half_hour, static_cast<std::uint32_t>(half_hour));
      cell = {.authors = static_cast<float>(value(cell, half_hour) + authors), .half_hour = now};
    }
  }

  // The key is known to have come to this much; what it took from here before is part of it, so
  // nothing is added.
  void raise(std::uint64_t place, double authors, std::int64_t half_hour) {
    for (const std::size_t i : both(place)) {
      Cell& cell = cells_[i];
      const auto now = std::max(cell.half_hour, static_cast<std::uint32_t>(half_hour));
      cell = {.authors = static_cast<float>(std::max(value(cell, half_hour), authors)),
              .half_hour = now};
    }
  }

  double authors(std::uint64_t place, std::int64_t half_hour) const {
    const auto [first_cell, second_cell] = both(place);
    return std::min(value(cells_[first_cell], half_hour), value(cells_[second_cell], half_hour));
  }

  const LazyArray<Cell>& cells() const { return cells_; }
  LazyArray<Cell>& cells() { return cells_; }

 private:
  static constexpr std::size_t cells_per_line = 8;

  std::size_t first(std::uint64_t place) const {
    return mix(place, hash_step) & (cells_.size() - 1);
  }
  std::array<std::size_t, 2> both(std::uint64_t place) const {
    const std::size_t one = first(place);
    const std::size_t step = 1 + (mix(place, hash_seed | 1) >> 32) % (cells_per_line - 1);
    return {one, (one & ~(cells_per_line - 1)) | ((one + step) & (cells_per_line - 1))};
  }
  double value(const Cell& cell, std::int64_t half_hour) const {
    const auto now = std::max(cell.half_hour, static_cast<std::uint32_t>(half_hour));
    if (cell.authors == 0 || now == cell.half_hour) return cell.authors;
    return cell.authors * decay(now - cell.half_hour, half_life_);
  }

  LazyArray<Cell> cells_;
  double half_life_;  // in half hours
};

}  // namespace trends
