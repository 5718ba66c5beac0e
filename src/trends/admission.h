// Admission: which keys deserve a record. 16 bytes a key, four keys a cache line, one line touched
// per key.
//
// A key waits here with the prints of up to two authors until a third one uses it within the
// window; then the caller makes a record and links it, and from then on the same line leads to the
// record. When a line is full, the newcomer wears down the weakest waiting key (as HeavyKeeper
// does) and takes its place in the end; linked keys stay, except that the longest untouched of four
// linked ones gives way (its record is found again by its key).
#pragma once

#include "trends/author_filter.h"
#include "trends/lanes.h"
#include "trends/lazy_array.h"

#include <bit>
#include <cstdint>

namespace trends {

class Admission {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFF;

  struct alignas(64) Line {
    std::uint32_t print[4];  // upper half of the key; 0 = empty
    std::uint32_t first[4];  // author's print while waiting
    std::uint32_t
        other[4];  // linked: record + 1; waiting: second author's print with the top bit set, or 0
    std::uint16_t epoch[4];  // of the last use
    std::uint16_t count[4];  // uses while waiting
  };

  // What became of a key that waits no longer: its authors belong to the background.
  struct Forgotten {
    std::uint64_t place = 0;  // background_place() of the key
    unsigned authors = 0;
  };
  struct Seen {
    std::uint32_t record = none;      // the linked record
    bool admitted = false;            // no record yet, but enough authors: make one and link() it
    AuthorPrint authors[2] = {0, 0};  // the earlier ones of an admitted key
    Forgotten forgotten;
  };

  Admission(std::size_t slots, unsigned authors_needed)
      : lines_(slots / 4), needed_(authors_needed) {}

  // While records are short, a waiting key also needs so many uses.
  void demand_uses(unsigned uses) { uses_ = uses; }

  void prefetch(std::uint64_t key) const { __builtin_prefetch(&lines_[index(key)], 1, 3); }

  // Where a key leads; changes nothing. What it says may be out of date when other keys were seen
  // since.
  struct Link {
    std::uint32_t record;  // of a linked key; else anything
    std::uint16_t slot;
    bool linked;
  };
  Link link_of(std::uint64_t key) const;
  // Whether it is still so; then this is a use of the key, as see() would have noted it.
  bool follow(std::uint64_t key, std::uint32_t record, unsigned slot, std::uint16_t epoch) {
    Line& line = lines_[index(key)];
    if ((line.print[slot] ^ print(key)) | (line.other[slot] ^ (record + 1))) return false;
    line.epoch[slot] = epoch;
    return true;
  }

  // `epoch` counts halves of the admission window; a waiting key that rested for more than two
  // starts again.
  Seen see(std::uint64_t key, AuthorPrint author, double weight, std::uint16_t epoch);
  void link(std::uint64_t key, std::uint32_t record, std::uint16_t epoch);
  void unlink(std::uint64_t key);

  // All that is known of a key while it has no record, in fewer bits than the key itself.
  std::uint64_t background_place(std::uint64_t key) const { return place(index(key), print(key)); }

  const LazyArray<Line>& lines() const { return lines_; }
  LazyArray<Line>& lines() { return lines_; }

 private:
  std::size_t index(std::uint64_t key) const { return key & (lines_.size() - 1); }
  static std::uint32_t print(std::uint64_t key) {
    const auto high = static_cast<std::uint32_t>(key >> 32);
    return high == 0 ? 1 : high;
  }
  static std::uint64_t place(std::size_t line, std::uint32_t print) {
    return static_cast<std::uint64_t>(print) << 32 | static_cast<std::uint32_t>(line);
  }
  static constexpr std::uint32_t waiting = std::uint32_t{1} << 31;
  static bool linked(const Line& line, int slot) {
    return line.other[slot] != 0 && (line.other[slot] & waiting) == 0;
  }
  static unsigned authors_of(const Line& line, int slot) {
    return (line.first[slot] != 0 ? 1U : 0U) + (line.other[slot] != 0 ? 1U : 0U);
  }

  static unsigned linked_of(const Line& line) { return positive_of_four(line.other); }
  // The place of the key in its line, or -1.
  static int find(const Line& line, std::uint32_t print) {
    const unsigned slots = equal_of_four(line.print, print);
    return slots == 0 ? -1 : std::countr_zero(slots);
  }

  void wait(Line& line, int slot, AuthorPrint author, double weight, std::uint16_t epoch,
            std::uint64_t place, Seen& seen);
  int make_room(Line& line, std::size_t index, std::uint16_t epoch, Forgotten& forgotten);

  LazyArray<Line> lines_;
  unsigned needed_;
  unsigned uses_ = 1;
};

// Without branches: whether a key is linked is hard to foretell.
[[gnu::always_inline]] inline Admission::Link Admission::link_of(std::uint64_t key) const {
  const Line& line = lines_[index(key)];
  const unsigned slots = equal_of_four(line.print, print(key)) & linked_of(line);
  const auto slot = static_cast<std::uint16_t>(std::countr_zero(slots | 8));
  return {.record = line.other[slot] - 1, .slot = slot, .linked = slots != 0};
}

}  // namespace trends
