// Ranking: how surprising is a topic now, against its own past and the traffic of the moment?
//
// For each window: observed = distinct authors; expected = the topic's share of the stream in the
// past times the stream now, at least its usual share at this time of day, at least a part of its
// own record in a window of that length, plus half an author for what nobody can know. Score =
// surprise x ln(1 + observed); it halves every four hours (links: eight) after its peak. Pure
// functions over the tables.
#pragma once

#include "trends/stream.h"
#include "trends/tracked.h"

#include <optional>

namespace trends {

// Of the stream, made once per tick.
struct StreamView {
  explicit StreamView(const Stream& stream);

  Step now;
  Timeline::Windows windows;
  double day;
  double past;
  std::array<double, Timeline::slots> slot_past;
};

// Scores the settled record, remembers the best and its records per window. The best window's
// values, if any.
// `grain`: for how many authors one counted author stands (1 while they are counted one by one).
std::optional<Peak> evaluate(Record& record, double grain, const StreamView& stream,
                             double min_authors);

// The peak's score, faded to `now`.
double faded_score(const Peak& peak, Kind kind, Step now);

}  // namespace trends
