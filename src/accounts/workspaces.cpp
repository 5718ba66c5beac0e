#include "accounts/workspaces.h"

#include "accounts/membership.h"
#include "base/crypto.h"
#include "base/text.h"

namespace accounts {
namespace {

constexpr std::size_t name_max = 100;
constexpr std::chrono::days keep_used_invitations{30};

Workspace read_workspace(const db::Row& row) {
  return {.id = row["id"].id<base::WorkspaceId>(),
          .name = row["name"].text(),
          .time_zone = row["time_zone"].text(),
          .approval_required = row["approval_required"].boolean()};
}

base::Error bad_invitation() {
  return {.status = 422,
          .code = "invalid",
          .message = "The invitation is unknown, used or out of date. Ask for a new one.",
          .fields = {{"invitation", "is unknown, used or out of date"}}};
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

io::Task<> add_member(db::Session& session, base::Instant now, base::WorkspaceId workspace,
                      base::UserId user, Role role) {
  co_await session.execute(
      "INSERT INTO memberships (workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, $4) "
      "ON CONFLICT (workspace_id, user_id) DO NOTHING",
      {workspace, user, to_string(role), now});
}

}  // namespace

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

io::Task<base::Result<void>> find_invitation(db::Session& session, base::Instant now,
                                             std::string token) {
  const db::Rows rows = co_await session.execute(
      "SELECT hash FROM invitations WHERE hash = $1 AND used_at IS NULL AND expires_at > $2",
      {base::token_hash(token), now});
  if (rows.empty()) co_return base::fail(bad_invitation());
  co_return base::Result<void>{};
}

io::Task<base::Result<base::WorkspaceId>> use_invitation(db::Session& session, base::Instant now,
                                                         std::string token, base::UserId user) {
  const db::Rows used = co_await session.execute(
      "UPDATE invitations SET used_at = $2, used_by = $3 "
      "WHERE hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING workspace_id, role",
      {base::token_hash(token), now, user});
  if (used.empty()) co_return base::fail(bad_invitation());
  const auto workspace = used[0]["workspace_id"].id<base::WorkspaceId>();
  co_await add_member(session, now, workspace, user, read_role(used[0]["role"]));
  co_return workspace;
}

Workspaces::Workspaces(db::Database& database, const base::Clock& clock, const Settings& settings)
    : database_(database), clock_(clock), settings_(settings) {}

io::Task<std::vector<Workspace>> Workspaces::list(base::UserId user) {
  const db::Rows rows = co_await database_.execute(
      "SELECT w.id, w.name, w.time_zone, w.approval_required FROM workspaces w "
      "JOIN memberships m ON m.workspace_id = w.id WHERE m.user_id = $1 ORDER BY w.name, w.id",
      {user});
  std::vector<Workspace> found;
  found.reserve(rows.size());
  for (const db::Row& row : rows) found.push_back(read_workspace(row));
  co_return found;
}

io::Task<base::Result<Workspace>> Workspaces::get(base::WorkspaceId id) {
  const db::Rows rows = co_await database_.execute(
      "SELECT id, name, time_zone, approval_required FROM workspaces WHERE id = $1", {id});
  if (rows.empty()) co_return base::not_found("There is no such workspace.");
  co_return read_workspace(rows[0]);
}

io::Task<base::Result<Workspace>> Workspaces::change(base::WorkspaceId id, WorkspaceChange change) {
  if (const auto good = check_change(change); !good) co_return base::fail(good.error());
  const db::Rows rows = co_await database_.execute(
      "UPDATE workspaces SET name = COALESCE($2, name), time_zone = COALESCE($3, time_zone), "
      "approval_required = COALESCE($4, approval_required), updated_at = $5 WHERE id = $1 "
      "RETURNING id, name, time_zone, approval_required",
      {id, change.name, change.time_zone, change.approval_required, clock_.now()});
  if (rows.empty()) co_return base::not_found("There is no such workspace.");
  co_return read_workspace(rows[0]);
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

io::Task<base::Result<void>> Workspaces::set_role(base::WorkspaceId id, base::UserId user,
                                                  Role role) {
  const std::unique_ptr<db::Transaction> transaction = co_await database_.begin();
  const base::Result<Role> before = co_await lock_member(*transaction, id, user);
  if (!before) co_return base::fail(before.error());
  co_await transaction->execute(
      "UPDATE memberships SET role = $3 WHERE workspace_id = $1 AND user_id = $2",
      {id, user, to_string(role)});
  const auto kept = co_await keep_an_owner(*transaction, id);
  if (!kept) co_return base::fail(kept.error());
  co_await transaction->commit();
  co_return base::Result<void>{};
}

io::Task<base::Result<void>> Workspaces::remove(base::WorkspaceId id, base::UserId user) {
  const std::unique_ptr<db::Transaction> transaction = co_await database_.begin();
  const base::Result<Role> before = co_await lock_member(*transaction, id, user);
  if (!before) co_return base::fail(before.error());
  for (const char* table : {"sessions", "personal_tokens", "memberships"}) {
    co_await transaction->execute(
        fmt::format("DELETE FROM {} WHERE workspace_id = $1 AND user_id = $2", table), {id, user});
  }
  const auto kept = co_await keep_an_owner(*transaction, id);
  if (!kept) co_return base::fail(kept.error());
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

io::Task<base::Result<Invitation>> Workspaces::invite(base::WorkspaceId id, base::UserId by,
                                                      Role role) {
  const base::Instant now = clock_.now();
  Invitation made{.token = base::random_token(), .expires_at = now + settings_.invitation_ttl};
  const db::Rows inserted = co_await database_.execute(
      "INSERT INTO invitations (hash, workspace_id, role, invited_by, created_at, expires_at) "
      "SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT COUNT(*) FROM invitations "
      "WHERE workspace_id = $2 AND used_at IS NULL AND expires_at > $5) < $7 RETURNING hash",
      {base::token_hash(made.token), id, to_string(role), by, now, made.expires_at,
       open_invitations_max});
  if (inserted.empty()) {
    co_return base::conflict(
        fmt::format("There are {} open invitations already.", open_invitations_max));
  }
  co_return made;
}

io::Task<base::Result<base::WorkspaceId>> Workspaces::accept(base::UserId user,
                                                             std::string invitation) {
  const std::unique_ptr<db::Transaction> transaction = co_await database_.begin();
  const base::Result<base::WorkspaceId> joined =
      co_await use_invitation(*transaction, clock_.now(), invitation, user);
  if (!joined) co_return base::fail(joined.error());
  co_await transaction->commit();
  co_return *joined;
}

io::Task<> Workspaces::prune() {
  co_await database_.execute("DELETE FROM invitations WHERE expires_at <= $1",
                             {clock_.now() - keep_used_invitations});
}

}  // namespace accounts
