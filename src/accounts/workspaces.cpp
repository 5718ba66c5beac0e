#include "accounts/workspaces.h"

#include "accounts/audit.h"
#include "accounts/membership.h"
#include "base/text.h"

namespace accounts {
namespace {

constexpr std::size_t name_max = 100;
constexpr std::string_view columns =
    "id, name, time_zone, approval_required, self_approval, paused";

Workspace read_workspace(const db::Row& row) {
  return {.id = row["id"].id<base::WorkspaceId>(),
          .name = row["name"].text(),
          .time_zone = row["time_zone"].text(),
          .approval_required = row["approval_required"].boolean(),
          .self_approval = row["self_approval"].boolean(),
          .paused = row["paused"].boolean()};
}

std::string_view in_words(bool on) { return on ? "on" : "off"; }

// One entry for each setting that is another one now.
std::vector<AuditEntry> differences(const Principal& who, const Workspace& before,
                                    const Workspace& after) {
  std::vector<AuditEntry> entries;
  const auto note = [&](std::string action, std::string name, std::string was, std::string is) {
    if (was == is) return;
    entries.push_back(audited(who, std::move(action),
                              {.type = "workspace",
                               .id = after.id.value,
                               .name = std::move(name),
                               .before = std::move(was),
                               .after = std::move(is)}));
  };
  const auto flag = [&](std::string name, bool was, bool is) {
    note("workspace.changed", std::move(name), std::string(in_words(was)),
         std::string(in_words(is)));
  };
  note("workspace.changed", "name", before.name, after.name);
  note("workspace.changed", "time zone", before.time_zone, after.time_zone);
  flag("approval required", before.approval_required, after.approval_required);
  flag("approving one's own posts", before.self_approval, after.self_approval);
  if (before.paused != after.paused) {
    note(after.paused ? "workspace.paused" : "workspace.resumed", after.name,
         before.paused ? "paused" : "publishing", after.paused ? "paused" : "publishing");
  }
  return entries;
}

io::Task<std::string> name_of(db::Session& session, base::UserId user) {
  const db::Rows rows = co_await session.execute("SELECT name FROM users WHERE id = $1", {user});
  co_return rows.empty() ? "" : rows[0][0].text();
}

base::Result<void> check_change(WorkspaceChange& change) {
  std::vector<base::FieldError> errors;
  if (change.name) {
    change.name = std::string(base::trim(base::clean_utf8(*change.name)));
    if (change.name->empty() || change.name->size() > name_max) {
      errors.push_back({"name", fmt::format("must have 1 to {} bytes", name_max)});
    }
  }
  if (change.time_zone && !base::is_time_zone(*change.time_zone)) {
    errors.push_back({"time_zone", "must be an IANA name such as Europe/Paris"});
  }
  if (!errors.empty()) return base::invalid(std::move(errors));
  return {};
}

}  // namespace

io::Task<> add_member(db::Session& session, base::Instant now, base::WorkspaceId workspace,
                      base::UserId user, Role role) {
  co_await session.execute(
      "INSERT INTO memberships (workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, $4) "
      "ON CONFLICT (workspace_id, user_id) DO NOTHING",
      {workspace, user, to_string(role), now});
}

io::Task<base::WorkspaceId> found_workspace(db::Session& session, base::Instant now,
                                            NewWorkspace wanted, base::UserId owner) {
  const base::WorkspaceId id = base::WorkspaceId::make();
  std::string name = base::truncate_graphemes(base::trim(base::clean_utf8(wanted.name)), name_max);
  co_await session.execute(
      "INSERT INTO workspaces (id, name, time_zone, created_at, updated_at) "
      "VALUES ($1, $2, $3, $4, $4)",
      {id, std::move(name), wanted.time_zone, now});
  co_await add_member(session, now, id, owner, Role::owner);
  co_return id;
}

Workspaces::Workspaces(db::Database& database, const base::Clock& clock, const Settings& settings,
                       Events* events)
    : database_(database), clock_(clock), settings_(settings), events_(events) {}

io::Task<std::vector<Workspace>> Workspaces::list(base::UserId user) {
  const db::Rows rows = co_await database_.execute(
      fmt::format("SELECT {} FROM workspaces JOIN memberships ON workspace_id = id "
                  "WHERE user_id = $1 ORDER BY name, id",
                  columns),
      {user});
  std::vector<Workspace> found;
  found.reserve(rows.size());
  for (const db::Row& row : rows) found.push_back(read_workspace(row));
  co_return found;
}

io::Task<base::Result<Workspace>> Workspaces::get(base::WorkspaceId id) {
  const db::Rows rows = co_await database_.execute(
      fmt::format("SELECT {} FROM workspaces WHERE id = $1", columns), {id});
  if (rows.empty()) co_return base::not_found("There is no such workspace.");
  co_return read_workspace(rows[0]);
}

io::Task<base::Result<Workspace>> Workspaces::change(Principal who, WorkspaceChange change) {
  if (const auto good = check_change(change); !good) co_return base::fail(good.error());
  const base::Instant now = clock_.now();
  const std::unique_ptr<db::Transaction> transaction = co_await database_.begin();
  // An update locks the row on both databases, where FOR UPDATE is known to one only.
  const db::Rows locked = co_await transaction->execute(
      fmt::format("UPDATE workspaces SET updated_at = $2 WHERE id = $1 RETURNING {}", columns),
      {who.workspace, now});
  if (locked.empty()) co_return base::not_found("There is no such workspace.");
  const Workspace before = read_workspace(locked[0]);
  const db::Rows rows = co_await transaction->execute(
      fmt::format("UPDATE workspaces SET name = COALESCE($2, name), "
                  "time_zone = COALESCE($3, time_zone), "
                  "approval_required = COALESCE($4, approval_required), "
                  "self_approval = COALESCE($5, self_approval), "
                  "paused = COALESCE($6, paused) WHERE id = $1 RETURNING {}",
                  columns),
      {who.workspace, change.name, change.time_zone, change.approval_required, change.self_approval,
       change.paused});
  const Workspace after = read_workspace(rows[0]);
  for (AuditEntry& entry : differences(who, before, after)) {
    co_await append_audit(*transaction, now, std::move(entry));
  }
  if (after.approval_required && !before.approval_required && on_approval_required_) {
    co_await on_approval_required_(*transaction, who.workspace);
  }
  co_await transaction->commit();
  if (events_ != nullptr && after.paused != before.paused) {
    co_await events_->publish(who.workspace, {{"type", "account"}, {"id", ""}});
  }
  co_return after;
}

io::Task<std::vector<Member>> Workspaces::members(base::WorkspaceId id) {
  const db::Rows rows = co_await database_.execute(
      "SELECT u.id, u.name, u.email, m.role FROM memberships m JOIN users u ON u.id = m.user_id "
      "WHERE m.workspace_id = $1 ORDER BY u.name, u.id",
      {id});
  std::vector<Member> found;
  found.reserve(rows.size());
  for (const db::Row& row : rows) {
    found.push_back({.user = row["id"].id<base::UserId>(),
                     .name = row["name"].text(),
                     .email = row["email"].text(),
                     .role = read_role(row["role"])});
  }
  co_return found;
}

io::Task<base::Result<void>> Workspaces::set_role(Principal who, base::UserId user, Role role) {
  const std::unique_ptr<db::Transaction> transaction = co_await database_.begin();
  const base::Result<Role> before = co_await lock_member(*transaction, who.workspace, user);
  if (!before) co_return base::fail(before.error());
  co_await transaction->execute(
      "UPDATE memberships SET role = $3 WHERE workspace_id = $1 AND user_id = $2",
      {who.workspace, user, to_string(role)});
  const auto kept = co_await keep_an_owner(*transaction, who.workspace);
  if (!kept) co_return base::fail(kept.error());
  co_await append_audit(*transaction, clock_.now(),
                        audited(who, "member.role_changed",
                                {.type = "member",
                                 .id = user.value,
                                 .name = co_await name_of(*transaction, user),
                                 .before = std::string(to_string(*before)),
                                 .after = std::string(to_string(role))}));
  co_await transaction->commit();
  co_return base::Result<void>{};
}

io::Task<base::Result<void>> Workspaces::remove(Principal who, base::UserId user) {
  const std::unique_ptr<db::Transaction> transaction = co_await database_.begin();
  const base::Result<Role> before = co_await lock_member(*transaction, who.workspace, user);
  if (!before) co_return base::fail(before.error());
  for (const char* table : {"sessions", "personal_tokens", "memberships"}) {
    co_await transaction->execute(
        fmt::format("DELETE FROM {} WHERE workspace_id = $1 AND user_id = $2", table),
        {who.workspace, user});
  }
  const auto kept = co_await keep_an_owner(*transaction, who.workspace);
  if (!kept) co_return base::fail(kept.error());
  co_await append_audit(*transaction, clock_.now(),
                        audited(who, user == who.user ? "member.left" : "member.removed",
                                {.type = "member",
                                 .id = user.value,
                                 .name = co_await name_of(*transaction, user),
                                 .before = std::string(to_string(*before))}));
  co_await transaction->commit();
  co_return base::Result<void>{};
}

io::Task<base::Result<Role>> Workspaces::lock_member(db::Session& session, base::WorkspaceId id,
                                                     base::UserId user) {
  // An update locks the row on both databases, where FOR UPDATE is known to one only.
  co_await session.execute("UPDATE workspaces SET updated_at = $2 WHERE id = $1",
                           {id, clock_.now()});
  const db::Rows rows = co_await session.execute(
      "SELECT role FROM memberships WHERE workspace_id = $1 AND user_id = $2", {id, user});
  if (rows.empty()) co_return base::not_found("There is no such person in this workspace.");
  co_return read_role(rows[0][0]);
}

io::Task<base::Result<void>> Workspaces::keep_an_owner(db::Session& session, base::WorkspaceId id) {
  const db::Rows rows = co_await session.execute(
      "SELECT COUNT(*) FROM memberships WHERE workspace_id = $1 AND role = $2",
      {id, to_string(Role::owner)});
  if (rows[0][0].integer() > 0) co_return base::Result<void>{};
  co_return base::conflict("A workspace needs an owner. Make somebody else one first.");
}

}  // namespace accounts
