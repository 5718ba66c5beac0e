// The rows of posts and targets. SQL only; the rules are in posts.h. Every function works in the
// session it is given, so that a post, its targets and their timeline are one transaction.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "db/database.h"
#include "posts/post.h"

#include <optional>
#include <string>
#include <vector>

namespace posts {

// A target as it is to be.
struct PlannedTarget {
  base::AccountId account;
  std::string account_handle;
  std::string network;
  int part = 0;
  bool whole = true;
  std::string text_hash;
  TargetState state = TargetState::draft;
  std::optional<base::Instant> due_at;
};

struct PostRow {
  base::PostId id;
  base::WorkspaceId workspace;
  base::UserId author;
  PostInput input;
  std::optional<base::Instant> due_at;
  std::string time_zone;
  std::optional<base::UserId> changed_by = {};  // of a new post; nothing: its author
  std::optional<base::UserId> approved_by = {};
  // On an update only `apart` counts: which occurrence it is never changes.
  std::optional<Occurrence> occurrence = {};
};

io::Task<> insert_post(db::Session& session, PostRow row, base::Instant now);
// Content and time; the version grows by one. `author` is who changes it. False when the version is
// not `version`.
io::Task<bool> update_post(db::Session& session, PostRow row, std::int64_t version,
                           base::Instant now);
io::Task<bool> touch_post(db::Session& session, base::PostId id, std::int64_t version,
                          base::Instant now);
// The columns too_late and too_late_after.
TooLate too_late_of(const db::Row& row);

// Brings the targets of a post to the plan: those of the same account and part keep their id, key
// and story, others are made or removed; what is in `keep` stays as it is. Returns the ids of the
// planned ones, in order.
io::Task<std::vector<base::TargetId>> write_targets(db::Session& session, base::PostId post,
                                                    base::WorkspaceId workspace,
                                                    std::vector<PlannedTarget> plan,
                                                    std::vector<Target> present,
                                                    std::vector<base::TargetId> keep,
                                                    TooLate too_late, base::Instant now);

// " FOR UPDATE" where a transaction must lock what it decides about.
std::string_view for_update(db::Dialect dialect);

// The post with its targets and media; nothing when it is not of this workspace. `locking` is
// appended to the read of the targets.
io::Task<std::optional<Post>> read_post(db::Session& session, base::WorkspaceId workspace,
                                        base::PostId id, std::string_view locking = "");

struct PostFilter {
  std::optional<PostState> state;
  std::optional<base::Instant> from;  // with `to`: due in [from, to), in order of time
  std::optional<base::Instant> to;
  std::string search;  // folded; empty: everything
  std::string trend;   // only what was written about it; empty: everything
  std::string series;  // only the posts of that series
  std::string cursor;  // of the page before
  std::size_t limit = 50;
};
struct PostPage {
  std::vector<Post> posts;
  std::string next_cursor;  // empty: that was all
};
// Errors only for a cursor that nobody gave out.
io::Task<base::Result<PostPage>> read_posts(db::Session& session, base::WorkspaceId workspace,
                                            PostFilter filter);

// When a target may be worked on: at its time, once the part before it is out.
std::string ready_at_sql();

}  // namespace posts
