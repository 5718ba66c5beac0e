// Mastodon's JSON (statuses, trend lists) as mentions. Pure.
//
// Trend lists give, per day, how many accounts used a tag or link so far. The difference between
// two looks is what is new: a Tally remembers the last look. A topic seen for the first time has
// its day so far spread over the hours that it took, so that joining late does not look like a
// burst.
#pragma once

#include "base/json.h"
#include "trends/source.h"

#include <map>
#include <string>

namespace trends {

// What was counted at the last look, by topic and day; bounded, and part of the cursor.
class Tally {
 public:
  enum class Counting { per_day, for_ever };
  // How much of `total` is new for this topic; nothing at the first sight. `per_day` counts begin
  // anew each day.
  std::optional<double> grow(const std::string& topic, std::int64_t day, double total,
                             Counting counting);
  // Forgets days before `day` and, if still too large, everything else.
  void prune(std::int64_t day);
  json::object to_json() const;
  static Tally parse(const json::value& value);

 private:
  struct Entry {
    std::int64_t day = 0;
    double total = 0;
  };
  std::map<std::string, Entry, std::less<>> entries_;
};

// One status (a boost stands for the status that it boosts, by the one who boosts). Adds to
// `batch`.
void read_status(const json::value& status, base::Instant now, Batch& batch);
void read_statuses(const json::value& list, base::Instant now, Batch& batch);

// GET /api/v1/trends/statuses: the statuses, and what their boosts grew by since the last look.
void read_trending_statuses(const json::value& list, base::Instant now, Tally& tally, Batch& batch);

enum class TrendList { tags, links };
// GET /api/v1/trends/{tags,links} of `instance`.
void read_trend_list(const json::value& list, TrendList kind, const std::string& instance,
                     base::Instant now, Tally& tally, Batch& batch);

// The largest status id of a list (ids are decimal, of any length); "" when there is none.
std::string newest_id(const json::value& list);
std::string oldest_id(const json::value& list);

}  // namespace trends
