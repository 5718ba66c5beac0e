// Invitations: made, listed, revoked and used up. Each works once.
#include "accounts/audit.h"
#include "accounts/membership.h"
#include "accounts/workspaces.h"
#include "base/crypto.h"

namespace accounts {
namespace {

constexpr std::chrono::days keep_used_invitations{30};
// What names an invitation to people: enough of its hash, which tells nobody the token.
constexpr std::size_t id_size = 32;

std::string id_of(std::string_view hash) { return std::string(hash.substr(0, id_size)); }

base::Error bad_invitation() {
  return {.status = 422,
          .code = "invalid",
          .message = "The invitation is unknown, used or out of date. Ask for a new one.",
          .fields = {{"invitation", "is unknown, used or out of date"}}};
}

}  // namespace

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
  const Role role = read_role(used[0]["role"]);
  co_await add_member(session, now, workspace, user, role);
  co_await append_audit(session, now,
                        {.workspace = workspace,
                         .actor = user,
                         .via = "session",
                         .action = "member.joined",
                         .thing = {.type = "member",
                                   .id = user.value,
                                   .name = "by invitation",
                                   .after = std::string(to_string(role))}});
  co_return workspace;
}

io::Task<base::Result<Invitation>> Workspaces::invite(Principal who, Role role) {
  const base::Instant now = clock_.now();
  Invitation made{.token = base::random_token(),
                  .role = role,
                  .created_at = now,
                  .expires_at = now + settings_.invitation_ttl};
  const std::string hash = base::token_hash(made.token);
  made.id = id_of(hash);
  const std::unique_ptr<db::Transaction> transaction = co_await database_.begin();
  const db::Rows inserted = co_await transaction->execute(
      "INSERT INTO invitations (hash, workspace_id, role, invited_by, created_at, expires_at) "
      "SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT COUNT(*) FROM invitations "
      "WHERE workspace_id = $2 AND used_at IS NULL AND expires_at > $5) < $7 RETURNING hash",
      {hash, who.workspace, to_string(role), who.user, now, made.expires_at, open_invitations_max});
  if (inserted.empty()) {
    co_return base::conflict(
        fmt::format("There are {} open invitations already.", open_invitations_max));
  }
  co_await append_audit(*transaction, now,
                        audited(who, "invitation.made",
                                {.type = "invitation",
                                 .id = made.id,
                                 .name = "until " + base::format_rfc3339(made.expires_at),
                                 .after = std::string(to_string(role))}));
  co_await transaction->commit();
  co_return made;
}

io::Task<std::vector<Invitation>> Workspaces::invitations(base::WorkspaceId id) {
  const db::Rows rows = co_await database_.execute(
      "SELECT hash, role, created_at, expires_at, COALESCE((SELECT name FROM users WHERE "
      "users.id = invited_by), '') AS name FROM invitations WHERE workspace_id = $1 AND "
      "used_at IS NULL AND expires_at > $2 ORDER BY created_at DESC, hash",
      {id, clock_.now()});
  std::vector<Invitation> found;
  found.reserve(rows.size());
  for (const db::Row& row : rows) {
    found.push_back({.id = id_of(row["hash"].text()),
                     .role = read_role(row["role"]),
                     .invited_by = row["name"].text(),
                     .created_at = row["created_at"].instant(),
                     .expires_at = row["expires_at"].instant()});
  }
  co_return found;
}

io::Task<base::Result<void>> Workspaces::revoke_invitation(Principal who, std::string id) {
  if (id.size() != id_size) co_return base::not_found("There is no such open invitation.");
  const std::unique_ptr<db::Transaction> transaction = co_await database_.begin();
  const db::Rows deleted = co_await transaction->execute(
      "DELETE FROM invitations WHERE workspace_id = $1 AND substr(hash, 1, 32) = $2 "
      "AND used_at IS NULL RETURNING role",
      {who.workspace, id});
  if (deleted.empty()) co_return base::not_found("There is no such open invitation.");
  co_await append_audit(
      *transaction, clock_.now(),
      audited(who, "invitation.revoked",
              {.type = "invitation", .id = id, .before = deleted[0]["role"].text()}));
  co_await transaction->commit();
  co_return base::Result<void>{};
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
