// Evidence: why a topic rises. Kept only for the few that may be shown.
//
// The first eight posts since it began to look promising and a moving choice of the last 24, each
// of another author, with all their keys (so that "how many of these posts also say X" needs no
// further counting), and counts by source, language and busiest author. Bounded: `max` topics, a
// few new posts per topic and tick.
#pragma once

#include "trends/post_store.h"

#include <array>
#include <cstdint>
#include <vector>

namespace trends {

struct Evidence {
  static constexpr std::size_t early = 8;
  static constexpr std::size_t late = 24;
  static constexpr std::size_t hands = 12;
  static constexpr unsigned per_tick = 6;

  struct Counter {
    std::uint32_t name = 0;
    std::uint32_t count = 0;
  };

  std::uint32_t record = 0xFFFFFFFF;
  std::uint32_t tick = 0;
  std::uint16_t taken_in_tick = 0;
  std::uint8_t early_count = 0;
  std::uint8_t late_count = 0;
  std::uint8_t late_next = 0;
  bool used = false;
  std::uint16_t unused = 0;  // no padding: snapshots of equal states are equal bytes
  std::uint32_t posts = 0;   // counted since it began, reposts too
  std::array<std::uint32_t, early + late> samples{};
  std::array<Counter, 8> sources{};
  std::array<Counter, 8> languages{};
  std::array<Counter, hands> authors{};  // Space-Saving: the busiest are in it

  std::size_t sample_count() const { return static_cast<std::size_t>(early_count) + late_count; }
  std::uint32_t sample(std::size_t i) const {
    return samples[i < early_count ? i : early + i - early_count];
  }

  void count(std::uint64_t author, std::uint8_t source, std::uint8_t language);
  // Whether a post of this author would add something in this tick.
  bool wants(std::uint64_t author, std::uint32_t tick, const PostStore& store);
  void take(std::uint32_t post, PostStore& store);
  // Lets go of a post, if it is among the samples.
  void drop(std::uint32_t post, PostStore& store);
};

class EvidencePool {
 public:
  explicit EvidencePool(std::size_t max) : max_(max) {}

  static constexpr std::uint32_t none = 0xFFFFFFFF;

  bool full() const { return used_ == max_; }
  std::size_t size() const { return used_; }
  std::uint32_t create(std::uint32_t record);
  void destroy(std::uint32_t entry, PostStore& store);

  Evidence& operator[](std::uint32_t entry) { return entries_[entry]; }
  const Evidence& operator[](std::uint32_t entry) const { return entries_[entry]; }
  std::uint32_t end() const { return static_cast<std::uint32_t>(entries_.size()); }

  template <class Visitor>
  void archive(Visitor& visitor);

 private:
  std::size_t max_;
  std::size_t used_ = 0;
  std::vector<Evidence> entries_;
  std::vector<std::uint32_t> free_;
};

}  // namespace trends
