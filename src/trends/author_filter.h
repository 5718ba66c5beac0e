// AuthorFilter: has this author talked about the topic lately? 64 bytes a topic.
//
// An author is known until he has been silent for half a day to a day, so a voice that keeps
// talking counts once. Up to thirty authors are remembered exactly (16-bit prints). Beyond that the
// same bytes are two bitmaps of 256 places, sampled more thinly as they fill; a new bit then counts
// for all the authors whom it stands for, so the sum stays unbiased (the martingale estimate of
// cardinality). Every place has its own time of ageing, spread over half a day: no hour of the
// clock makes everybody new again. All-zero bytes are the empty filter; trivially copyable. `State`
// lies beside it so that the filter is one cache line.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trends {

class AuthorFilter {
 public:
  struct State {
    std::uint8_t count = 0;  // of exact prints; bitmap_mark = bitmaps
    std::uint8_t level = 0;  // of the bitmaps: one author of 2^level is looked at
  };
  static constexpr std::size_t exact_max = 30;

  // How many authors this one counts for: 0 when known, 1 while exact, more where the bitmaps
  // sample.
  double insert(std::uint64_t author, State& state);

  // Half hours have passed, the last of them with this number since the epoch.
  void age(std::int64_t half_hour, std::int64_t passed, State& state);

 private:
  static constexpr std::uint8_t bitmap_mark = exact_max + 1;
  static constexpr std::size_t phases = 24;
  static constexpr unsigned places = 256;

  struct Exact {
    std::uint16_t prints[exact_max];
    std::uint32_t fresh;  // bit i: print i was seen since its last ageing
  };
  struct Bitmaps {
    std::uint64_t fresh[4];
    std::uint64_t stale[4];
  };

  bool refresh(std::uint16_t print);
  void to_bitmaps();
  double insert_bit(std::uint64_t author, unsigned place, State& state);
  unsigned fill() const;
  void age_exact(unsigned phase, State& state);
  void age_bitmaps(unsigned phase);

  union {
    Exact exact_;
    Bitmaps bitmaps_;
  };
};

static_assert(sizeof(AuthorFilter) == 64);

}  // namespace trends
