#include "accounts/membership.h"

#include "base/check.h"

namespace accounts {

Role read_role(const db::Value& value) {
  const base::Result<Role> role = parse_role(value.text());
  CHECK(role.has_value());
  return *role;
}

Principal read_principal(const db::Row& row) {
  return {.user = row["user_id"].id<base::UserId>(),
          .workspace = row["workspace_id"].id<base::WorkspaceId>(),
          .role = read_role(row["role"]),
          .time_zone = row["time_zone"].text(),
          .approval_required = row["approval_required"].boolean()};
}

io::Task<std::optional<Principal>> find_membership(db::Session& session, base::UserId user,
                                                   base::WorkspaceId workspace) {
  const db::Rows rows = co_await session.execute(
      "SELECT m.user_id, m.workspace_id, m.role, w.time_zone, w.approval_required "
      "FROM memberships m JOIN workspaces w ON w.id = m.workspace_id "
      "WHERE m.user_id = $1 AND m.workspace_id = $2",
      {user, workspace});
  if (rows.empty()) co_return std::nullopt;
  co_return read_principal(rows[0]);
}

}  // namespace accounts
