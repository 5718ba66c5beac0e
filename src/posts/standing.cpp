#include "posts/standing.h"

namespace posts {

io::Task<Standing> read_standing(db::Session& session, db::Dialect dialect,
                                 base::WorkspaceId workspace, base::UserId user) {
  // Shared: whoever switches the setting waits for those who have read it, and the other way round.
  const std::string_view locking = dialect == db::Dialect::postgres ? " FOR SHARE" : "";
  auto rows = co_await session.execute(
      fmt::format("SELECT approval_required, self_approval, COALESCE((SELECT name FROM users WHERE"
                  " users.id = $2), '') AS name FROM workspaces WHERE workspaces.id = $1{}",
                  locking),
      {workspace, user});
  if (rows.empty()) co_return Standing{.actor = "somebody"};
  const std::string& name = rows[0]["name"].text();
  co_return Standing{.approval_required = rows[0]["approval_required"].boolean(),
                     .self_approval = rows[0]["self_approval"].boolean(),
                     .actor = name.empty() ? "somebody" : name};
}

TargetState state_after(const When& when, const Standing& standing, bool approved) {
  if (when.type == WhenType::draft) return TargetState::draft;
  if (standing.approval_required && !approved) return TargetState::awaiting_approval;
  return TargetState::scheduled;
}

std::optional<base::Error> refuse_approval(const Standing& standing, const base::UserId& approver,
                                           const base::UserId& author,
                                           const base::UserId& changed_by) {
  if (standing.self_approval || (approver != author && approver != changed_by)) return std::nullopt;
  return base::forbidden(
             "This workspace wants a second pair of eyes: somebody who neither wrote this nor "
             "changed it last must approve it.")
      .error();
}

}  // namespace posts
