// Trends as they are stored and as the API shows them.
//
// Stored: one JSON object with times as microseconds of the lane's own time. Shown: the same with
// RFC 3339 times, moved to the present for a stream that runs in an accelerated time of its own.
#pragma once

#include "base/time.h"
#include "trends/trend.h"

#include <string>

#include <boost/json.hpp>

namespace trends {

namespace json = boost::json;

json::object to_stored(const Trend& trend);

struct Shown {
  std::string id;
  base::Instant seen_at;
  bool generated = false;
  base::Duration shift{};  // added to the stored times
};

// For lists: without samples and concentration.
json::object to_summary(const json::object& stored, const Shown& shown);
// With them; the caller adds "series" and "our_posts".
json::object to_detail(const json::object& stored, const Shown& shown);

}  // namespace trends
