// How a post, its targets and the first lines of their story come into the database, in the session
// of the caller: one new post, a bulk of them or the posts of a series are written alike.
#pragma once

#include "posts/checks.h"
#include "posts/slots.h"
#include "posts/standing.h"
#include "posts/store.h"
#include "posts/timeline.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace posts {

// When each account gets it.
struct Times {
  std::optional<base::Instant> due_at;  // the earliest
  std::map<base::AccountId, base::Instant> by_account;
  std::string time_zone;
};

// Takes slots where the post wants them. `due` is what `at` and `now` mean.
io::Task<base::Result<Times>> find_times(db::Session& session, Slots& slots,
                                         std::string zone_of_workspace, base::PostId post,
                                         PostInput input, std::optional<base::Instant> due);

struct NewPost {
  base::PostId id;
  base::WorkspaceId workspace;
  base::UserId author;
  std::string zone_of_workspace;
  PostInput input;
  std::optional<base::Instant> due;
  std::optional<base::UserId> changed_by = {};
  std::optional<base::UserId> approved_by = {};
  std::optional<Occurrence> occurrence = {};
};

// Everything of a new post. Errors only where a slot is wanted and there is none.
io::Task<base::Result<Times>> write_post(db::Session& session, Slots& slots, NewPost post,
                                         Checked checked, Standing standing, base::Instant now);

// The same line for each of the targets.
std::vector<NewEntry> entries_for(const base::PostId& post, const std::vector<base::TargetId>& ids,
                                  std::string_view event, std::string_view actor,
                                  std::string_view message);

// "Scheduled for 2026-11-23 14:00 (Europe/Paris)."
std::string describe(TargetState state, std::optional<base::Instant> due, std::string_view zone);

}  // namespace posts
