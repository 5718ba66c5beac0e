// Watch lists in the database, and the matcher of all that are enabled.
//
// Everything is scoped by workspace; a foreign id is "not found". The matcher is made anew only
// when a list has changed, which is asked for at most every two seconds. Not thread-safe: one per
// loop.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "db/database.h"
#include "topics/matcher.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace topics {

struct WatchListInput {
  std::string name;
  bool enabled = true;
  Interest interest;
  // That the caller has seen; nothing: whatever it is.
  std::optional<std::int64_t> version = {};
};
base::Result<WatchListInput> read_watch_list(const json::value& body);

struct WatchList {
  std::string id;
  base::WorkspaceId workspace;
  std::string name;
  bool enabled = true;
  Interest interest;
  std::int64_t version = 1;
  std::string feed_token;
  std::int64_t mentions_hour = 0;  // of interest, in the last 60 minutes, by whole hours
  std::int64_t mentions_day = 0;
  base::Instant created_at;
  base::Instant updated_at;
};

// A mention of interest.
struct WatchSample {
  std::string id;
  std::string list;
  std::string source;
  std::string mention;
  bool item = false;  // of a feed
  base::Instant at;
  std::string by;
  std::string author;
  std::string language;
  std::string text;
  std::string url;
};

struct HourCount {
  base::Instant hour;
  std::int64_t mentions = 0;
};

class Lists {
 public:
  static constexpr std::int64_t per_workspace_max = 50;

  Lists(db::Database& database, const base::Clock& clock);

  io::Task<std::vector<WatchList>> list(base::WorkspaceId workspace);
  io::Task<base::Result<WatchList>> get(base::WorkspaceId workspace, std::string id);
  io::Task<base::Result<WatchList>> add(base::WorkspaceId workspace, WatchListInput input);
  io::Task<base::Result<WatchList>> replace(base::WorkspaceId workspace, std::string id,
                                            WatchListInput input);
  // 409 while a rule needs it.
  io::Task<base::Result<void>> remove(base::WorkspaceId workspace, std::string id);
  // The address of the feed so far is of no more use.
  io::Task<base::Result<WatchList>> renew_feed(base::WorkspaceId workspace, std::string id);
  io::Task<std::optional<WatchList>> by_feed_token(std::string token);

  // Newest first.
  io::Task<std::vector<WatchSample>> samples(std::string list, std::size_t limit);
  io::Task<std::vector<WatchSample>> items_since(std::string list, base::Instant since);
  io::Task<std::vector<HourCount>> counts(std::string list, base::Instant since);

  // What was seen since the last time, added up.
  struct Found {
    std::string list;
    std::int64_t mentions = 0;
    std::vector<WatchSample> samples = {};
  };
  io::Task<> record(std::vector<Found> found);
  // Drops what is old, and all but the newest samples of each list.
  io::Task<> prune();

  // Of all enabled lists.
  io::Task<std::shared_ptr<const Matcher>> matcher();

 private:
  io::Task<std::vector<WatchList>> read(std::string where, db::Params params);

  db::Database& database_;
  const base::Clock& clock_;
  std::shared_ptr<const Matcher> matcher_;
  std::string stamp_;  // of what the matcher was made of
  base::Instant looked_at_;
};

json::object to_json(const WatchSample& sample);

}  // namespace topics
