// Timeline: what came in the last day, in half hours and (the last hour) in five-minute steps, and
// a fading sum of all before. The same arithmetic serves one topic (authors who talk about it) and
// the whole stream (authors who talk), so that dividing one by the other gives a share that volume,
// gaps and restarts do not change.
//
// Time is given as a step: five minutes since the epoch. Late additions go where they belong as
// long as that is within the day. All-zero bytes are the empty timeline; trivially copyable.
#pragma once

#include "base/time.h"

#include <array>
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

class Timeline {
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

  const std::array<Amount, day_half_hours>& day() const { return day_; }
  const std::array<Amount, recent_steps>& recent() const { return recent_; }
  Amount half_hour(std::uint32_t index) const { return day_[index % day_half_hours]; }
  static std::size_t slot_of(std::uint32_t half_hour) { return half_hour / 6 % slots; }

 private:
  Step now_;
  float past_;
  std::array<float, slots> slot_past_;
  std::array<Amount, recent_steps> recent_;
  std::array<Amount, day_half_hours> day_;
};

}  // namespace trends
