// The story of each target, appended with every transition, in the same transaction: who, when and
// what, in words a person understands. Never credentials, never the text of a post.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "db/database.h"
#include "posts/post.h"

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
};

// One statement for up to a thousand entries. The form for SQLite is understood by both; that of
// PostgreSQL is the faster one there.
io::Task<> append_timeline(db::Session& session, base::Instant now, std::vector<NewEntry> entries,
                           db::Dialect dialect = db::Dialect::sqlite);

// Oldest first; the newest thousand when there are more.
io::Task<std::vector<TimelineEntry>> read_timeline(db::Session& session, base::PostId post);

json::object to_json(const TimelineEntry& entry);

}  // namespace posts
