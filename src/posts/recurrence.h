// When a series happens: an RFC 5545 rule, evaluated on the clock of the wall and only then turned
// into instants by the zone. So "every day at 09:00" stays at nine across every clock change; a
// time that does not exist moves forward by the gap, one that exists twice is taken once (the first
// of the two), and no instant is taken twice. Pure; libical does the arithmetic of the calendar.
//
// Wall times are text, "2026-11-23T09:00:00": they compare as they follow each other.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "io/task.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace posts {

struct Recurrence {
  std::string starts;                // wall time from which the rule counts
  std::string rrule;                 // "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10"
  std::string time_zone;             // IANA name
  std::vector<std::string> skipped;  // EXDATE: wall times, or days ("2026-12-25")
};

inline constexpr std::size_t skipped_max = 500;
inline constexpr std::size_t rrule_size_max = 500;
inline constexpr std::chrono::minutes occurrences_apart_min{15};
inline constexpr int rule_interval_max = 1'000;
inline constexpr int rule_count_max = 10'000;

struct OccurrenceTime {
  std::string local;  // as the rule says it
  base::Instant at;
  std::chrono::seconds offset{0};  // from UTC at that instant
  std::string note = {};           // what a clock change does to it, for a person; mostly empty
};

// The rule in one way of writing, or what is wrong with it: fields "repeat.local", "repeat.rrule",
// "repeat.time_zone", "repeat.exdates".
base::Result<Recurrence> checked_recurrence(Recurrence rule, base::Instant now);

// The same on a helper thread: going through a hostile rule takes a while.
io::Task<base::Result<Recurrence>> check_rule(Recurrence rule, base::Instant now);

// The occurrences after the wall time `after` (empty: from the start), at most `count`, in order of
// the rule. The rule was checked before.
std::vector<OccurrenceTime> occurrences(const Recurrence& rule, std::string_view after,
                                        std::size_t count);

// The part `repeat` of a request body.
base::Result<Recurrence> read_recurrence(const boost::json::object& object,
                                         std::string zone_of_workspace);
boost::json::object to_json(const Recurrence& rule);
boost::json::object to_json(const OccurrenceTime& occurrence);

}  // namespace posts
