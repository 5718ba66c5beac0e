// Reads who a person is in a workspace: the part that sessions and tokens share.
#pragma once

#include "accounts/principal.h"
#include "db/database.h"

#include <optional>

namespace accounts {

// A row with user_id, workspace_id, role, time_zone and approval_required.
Principal read_principal(const db::Row& row);

// A role as the database holds it: written by this program, so CHECKed.
Role read_role(const db::Value& value);

// Nothing when the person is not (or no longer) a member.
io::Task<std::optional<Principal>> find_membership(db::Session& session, base::UserId user,
                                                   base::WorkspaceId workspace);

}  // namespace accounts
