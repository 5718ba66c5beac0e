// What a change of posts needs to know of its workspace and person, read in the transaction of the
// change, so that a setting that is switched meanwhile is seen by one of the two.
#pragma once

#include "accounts/principal.h"
#include "db/database.h"
#include "posts/post.h"

#include <optional>
#include <string>

namespace posts {

struct Standing {
  bool approval_required = false;
  bool self_approval = true;  // may people approve what they have written themselves?
  std::string actor;          // a name for people
};

io::Task<Standing> read_standing(db::Session& session, db::Dialect dialect,
                                 base::WorkspaceId workspace, base::UserId user);

// Where a post begins (again): `approved` is what was said about it as it stands.
TargetState state_after(const When& when, const Standing& standing, bool approved);

// Nobody waves through their own work where the workspace wants four eyes.
std::optional<base::Error> refuse_approval(const Standing& standing, const base::UserId& approver,
                                           const base::UserId& author,
                                           const base::UserId& changed_by);

}  // namespace posts
