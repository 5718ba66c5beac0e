// The story of each target, appended with every transition, in the same transaction: who, when and
// what, in words a person understands. Never credentials, never the text of a post.
//
// Most of it is told while an attempt is made: that stands with the attempt itself, as lines of its
// story, so that a burst writes no rows of its own for it; and a claim is told by the target's row
// until the next transition puts it in words. read_timeline() brings all of it together.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "db/database.h"
#include "posts/post.h"

#include <optional>
#include <string>
#include <vector>

namespace posts {

struct NewEntry {
  base::PostId post;
  base::TargetId target;
  std::string event;
  std::string actor;
  std::string message;
  json::object details = {};
  std::optional<base::Instant> at = {};  // nothing: now
};

// That a worker took a target up.
NewEntry claimed_entry(base::PostId post, base::TargetId target, base::Instant at);

// As a line of an attempt's story.
std::string story_line(const NewEntry& entry, base::Instant now);

// One statement for up to a thousand entries. The form for SQLite is understood by both; that of
// PostgreSQL is the faster one there.
io::Task<> append_timeline(db::Session& session, base::Instant now, std::vector<NewEntry> entries,
                           db::Dialect dialect = db::Dialect::sqlite);

// Oldest first; the newest thousand when there are more.
io::Task<std::vector<TimelineEntry>> read_timeline(db::Session& session, base::PostId post);

json::object to_json(const TimelineEntry& entry);

}  // namespace posts
