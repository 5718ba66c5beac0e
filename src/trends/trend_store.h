// What is rising, in the database: the ranked trends of every lane, their series, and the
// detectors' snapshots.
//
// A lane is one detector: "live", or the id of a source that runs in a time of its own. Writers
// hold the lease of the trends; their fence guards every write, so that a process which lost it
// changes nothing. Readers need no lease. Bounded: prune() drops what is old. Not thread-safe: one
// per loop.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "db/database.h"
#include "trends/shipments.h"
#include "trends/source_store.h"
#include "trends/story_book.h"
#include "trends/trend.h"
#include "trends/trend_json.h"

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace trends {

inline constexpr std::string_view live_lane = "live";

struct Lane {
  std::string name;
  std::string source = {};  // of a separate lane
  bool generated = false;
  std::int64_t version = 0;     // grows when its list changes
  base::Instant at = {};        // of the last tick, by the wall clock
  base::Instant event_at = {};  // of the last tick, in the lane's own time
};

// A story as its row has it.
struct StoredTrend {
  std::string id;
  std::string lane;
  double score = 0;
  json::object body;
  base::Instant first_seen_at;
  base::Instant seen_at;
};

class TrendStore {
 public:
  explicit TrendStore(db::Database& database);

  // Takes the lane for the holder of `fence`; false when a later holder was there. `anew` drops
  // what it had.
  io::Task<bool> open_lane(Lane lane, std::int64_t fence, bool anew);
  // The list of one tick, best first; the book says which stories they are and is kept up to date.
  // False when the fence is old.
  io::Task<bool> write(Lane lane, std::int64_t fence, std::vector<Trend> trends, StoryBook& book);
  // The stories that what rises now may go on with.
  io::Task<StoryBook> known(std::string lane, base::Instant since);

  // In one transaction with where the sources stand and without the shipments that are in it; false
  // when the fence is old.
  io::Task<bool> save_snapshot(std::string lane, std::int64_t fence, std::string bytes,
                               std::vector<Standing> standings, Shipments::Positions counted,
                               SourceStore& sources, base::Instant now);
  io::Task<std::optional<std::string>> load_snapshot(std::string lane);
  io::Task<> prune(base::Instant seen_before);

  io::Task<std::vector<Lane>> lanes();
  io::Task<std::vector<StoredTrend>> seen_since(base::Instant since);
  io::Task<std::optional<StoredTrend>> find(std::string id);
  io::Task<std::vector<TrendPoint>> points(std::string id);

 private:
  io::Task<> write_one(db::Session& session, const Lane& lane, const Trend& trend,
                       KnownStory& story, bool is_new);
  io::Task<> write_points(db::Session& session, const Lane& lane, const Trend& trend,
                          KnownStory& story);
  io::Task<> write_names(db::Session& session, const Lane& lane, const Trend& trend,
                         KnownStory& story);
  io::Task<> write_posts(db::Session& session, const Trend& trend, KnownStory& story);

  db::Database& database_;
};

StoredTrend read_trend(const db::Row& row);

// The half-hour steps of a trend's sparkline as points of a series, up to its lane's time.
std::vector<TrendPoint> points_of(const Trend& trend, base::Instant event_at);

}  // namespace trends
