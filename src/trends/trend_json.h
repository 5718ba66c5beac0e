// Trends as they are stored and as the API shows them.
//
// Stored: one JSON object with times as microseconds of the lane's own time, and with what the
// story book needs after a restart. Shown: the same with RFC 3339 times, moved to the present for a
// stream that runs in an accelerated time of its own. A story that is long over is stored without
// its posts and with its series (to_closed()).
#pragma once

#include "base/time.h"
#include "trends/story_book.h"
#include "trends/trend.h"

#include <string>
#include <vector>

#include <boost/json.hpp>

namespace trends {

namespace json = boost::json;

struct TrendPoint {
  base::Instant at;
  double observed = 0;
  double expected = 0;

  bool operator==(const TrendPoint&) const = default;
};

json::object to_stored(const Trend& trend, const KnownStory& story);
// The part of a story that its body keeps; the caller knows the rest from its row.
KnownStory from_stored(const json::object& stored);

// Of a story that is over: no posts, no authors, the series thinned to its highest points.
json::object to_closed(const json::object& stored, const std::vector<TrendPoint>& series);
// The series of a closed story.
std::vector<TrendPoint> closed_series(const json::object& stored);
// At most `max` of them: of each stretch of time the one that was highest.
std::vector<TrendPoint> thinned(const std::vector<TrendPoint>& series, std::size_t max);

struct Shown {
  std::string id;
  base::Instant first_seen_at;
  base::Instant seen_at;
  bool generated = false;
  base::Duration shift{};  // added to the stored times
};

// For lists: without samples and concentration.
json::object to_summary(const json::object& stored, const Shown& shown);
// With them; the caller adds "series", "past" and "our_posts".
json::object to_detail(const json::object& stored, const Shown& shown);
// With the numbers of its peak; the caller adds "rising".
json::object to_past(const json::object& stored, const Shown& shown);

}  // namespace trends
