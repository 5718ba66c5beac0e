// Timeline: what came in the last day, in half hours and (the last hour) in five-minute steps, and
// a fading sum of all before. The same arithmetic serves one topic (authors who talk about it) and
// the whole stream (authors who talk), so that dividing one by the other gives a share that volume,
// gaps and restarts do not change.
//
// Time is given as a step: five minutes since the epoch. Late additions go where they belong as
// long as that is within the day. All-zero bytes are the empty timeline; trivially copyable. The
// stream keeps full numbers; topics, of which there are many, keep them in half the memory, to one
// part in 4000.
#pragma once

#include "base/time.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace trends {

using Step = std::uint32_t;

inline constexpr std::int64_t step_seconds = 300;
inline constexpr Step steps_per_half_hour = 6;

inline Step step_of(base::Instant at) {
  const auto micros = base::to_micros(at);
  return micros <= 0 ? 0 : static_cast<Step>(micros / 1'000'000 / step_seconds);
}
inline base::Instant step_begin(Step step) {
  return base::from_micros(static_cast<std::int64_t>(step) * step_seconds * 1'000'000);
}
inline std::uint32_t half_hour_of(Step step) { return step / steps_per_half_hour; }

// The windows in which a topic is compared with its past, shortest first. Up to an hour in steps,
// then in half hours.
inline constexpr std::size_t window_count = 6;
inline constexpr std::array<unsigned, window_count> window_steps = {3, 12, 36, 72, 144, 288};

struct Amount {
  float authors;
  float posts;
};

// The same in half the memory: five bits of exponent, eleven of fraction; from 2^-8 to some eight
// million. Nearest value; what is less is 0. Made for sums of few large parts: parts of less than
// an 8,000th of the sum are lost.
class CompactAmount {
 public:
  CompactAmount() = default;
  CompactAmount(Amount amount) : authors_(packed(amount.authors)), posts_(packed(amount.posts)) {}
  operator Amount() const { return {.authors = unpacked(authors_), .posts = unpacked(posts_)}; }

 private:
  static constexpr std::uint32_t least = (127 - 8 - 1) << 23;  // 0 in the exponent is 0
  static constexpr std::uint32_t most = 0xFFFF;

  static std::uint16_t packed(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if (!(value > 0) || bits < least + (1U << 23)) return 0;
    return static_cast<std::uint16_t>(std::min((bits - least + (1U << 11)) >> 12, most));
  }
  static float unpacked(std::uint16_t bits) {
    return bits == 0 ? 0 : std::bit_cast<float>((static_cast<std::uint32_t>(bits) << 12) + least);
  }

  std::uint16_t authors_;
  std::uint16_t posts_;
};

template <class Cell>
class TimelineOf {
 public:
  static constexpr std::size_t recent_steps = 12;
  static constexpr std::size_t day_half_hours = 48;
  static constexpr std::size_t slots =
      8;  // of three hours UTC, for what returns every day at the same time

  using Windows = std::array<Amount, window_count>;

  // Adds to a step that is now or earlier; what lies more than a day back is lost.
  void add(Step step, Amount amount);
  // Moves to `step`: what leaves the day joins the past, which halves every `half_life` half hours.
  void advance(Step step, double half_life);

  Step now() const { return now_; }
  Windows windows() const;
  double day_authors() const;

  // The past before the last day, as of now().
  double past() const { return past_; }
  double past_in_slot(std::size_t slot) const { return slot_past_[slot]; }
  void add_past(double authors);

  Amount recent(Step step) const { return recent_[step % recent_steps]; }  // of the last hour
  Amount half_hour(std::uint32_t index) const { return day_[index % day_half_hours]; }
  static std::size_t slot_of(std::uint32_t half_hour) { return half_hour / 6 % slots; }

 private:
  Step now_;
  float past_;
  std::array<float, slots> slot_past_;
  std::array<Cell, recent_steps> recent_;
  std::array<Cell, day_half_hours> day_;
};

using Timeline = TimelineOf<CompactAmount>;
using StreamTimeline = TimelineOf<Amount>;
extern template class TimelineOf<CompactAmount>;
extern template class TimelineOf<Amount>;

}  // namespace trends
