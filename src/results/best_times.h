// When an account's posts do best, out of what came of them. Few posts say little: hours and
// weekdays are judged apart and drawn towards the average, the more the fewer posts stand behind
// them, and below posts_min nothing is said at all. Pure.
#pragma once

#include "base/time.h"

#include <cstdint>
#include <string>
#include <vector>

namespace results {

inline constexpr std::size_t posts_min = 20;
inline constexpr std::size_t best_times_max = 5;

struct Outcome {
  base::Instant published_at;
  std::int64_t reactions = 0;  // likes, reposts and replies together
};

struct BestTime {
  int weekday = 1;  // ISO, 1 = Monday
  int hour = 0;
  std::size_t posts = 0;  // that went out in this hour of any day
  int percent = 0;        // above the account's average
  base::Instant next;     // the next time that it comes
};

// In the order of what they promise, each hour once; only those above the average. Empty below
// posts_min.
std::vector<BestTime> best_times(const std::vector<Outcome>& outcomes, const std::string& time_zone,
                                 base::Instant now);

}  // namespace results
