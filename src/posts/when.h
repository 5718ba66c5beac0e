// Time as a person means it, turned into instants. Pure.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "posts/post.h"

#include <optional>
#include <string>
#include <vector>

namespace posts {

// The past beyond this is refused; within it "at" means now (clocks differ, pages are slow).
inline constexpr std::chrono::minutes past_tolerance{1};
inline constexpr std::chrono::days future_max{5 * 366};

// The instant of `now` and `at`, never before `now`; nothing for a draft, and for next_slot, which
// depends on the account. Errors name "when.at", "when.local" or "when.time_zone".
base::Result<std::optional<base::Instant>> resolve(const When& when, std::string zone_of_workspace,
                                                   base::Instant now);

// A time of the week at which an account publishes what was queued for it.
struct SlotTime {
  std::string weekdays;     // ISO weekdays as digits, "12345" = Monday to Friday
  std::string time_of_day;  // "17:30"
  std::string time_zone;    // IANA name
};

// Every slot time after `after`, in order, each instant once, at most `count` within the next
// `days`. In the night of a clock change a time that does not exist moves forward by the gap, and
// one that exists twice is taken once.
std::vector<base::Instant> slot_instants(const std::vector<SlotTime>& slots, base::Instant after,
                                         std::size_t count, int days);

// What a clock change does to a wall time there, for a person; mostly nothing.
std::string clock_note(std::string_view local, const std::string& zone);

bool is_time_of_day(std::string_view text);  // "00:00" to "23:59"

}  // namespace posts
