#include "accounts/tokens.h"

#include "accounts/membership.h"
#include "base/crypto.h"

namespace accounts {
namespace {

constexpr std::chrono::minutes note_use_every{1};
// An expired token stays listed so long, so that a person sees why a script stopped.
constexpr std::chrono::days keep_expired{30};

}  // namespace

Tokens::Tokens(db::Database& database, const base::Clock& clock)
    : database_(database), clock_(clock) {}

io::Task<base::Result<PersonalToken>> Tokens::make(base::UserId user, base::WorkspaceId workspace,
                                                   std::string name,
                                                   std::optional<base::Instant> expires_at) {
  const base::Instant now = clock_.now();
  if (expires_at && *expires_at <= now) co_return base::invalid("expires_at", "is in the past");
  PersonalToken made{.id = base::make_uuid7(),
                     .name = std::move(name),
                     .created_at = now,
                     .expires_at = expires_at,
                     .last_used_at = std::nullopt,
                     .token = std::string(prefix) + base::random_token()};
  const db::Rows inserted = co_await database_.execute(
      "INSERT INTO personal_tokens (id, hash, user_id, workspace_id, name, created_at, expires_at) "
      "SELECT $1, $2, $3, $4, $5, $6, $7 "
      "WHERE (SELECT COUNT(*) FROM personal_tokens WHERE user_id = $3 AND workspace_id = $4) < $8 "
      "RETURNING id",
      {made.id, base::token_hash(made.token), user, workspace, made.name, now, expires_at,
       per_person_max});
  if (inserted.empty()) {
    co_return base::conflict(
        fmt::format("You have {} tokens; revoke one that you do not use.", per_person_max));
  }
  co_return made;
}

io::Task<std::vector<PersonalToken>> Tokens::list(base::UserId user, base::WorkspaceId workspace) {
  const db::Rows rows = co_await database_.execute(
      "SELECT id, name, created_at, expires_at, last_used_at FROM personal_tokens "
      "WHERE user_id = $1 AND workspace_id = $2 ORDER BY id DESC",
      {user, workspace});
  std::vector<PersonalToken> found;
  found.reserve(rows.size());
  for (const db::Row& row : rows) {
    found.push_back({.id = row["id"].text(),
                     .name = row["name"].text(),
                     .created_at = row["created_at"].instant(),
                     .expires_at = row["expires_at"].optional_instant(),
                     .last_used_at = row["last_used_at"].optional_instant()});
  }
  co_return found;
}

io::Task<base::Result<void>> Tokens::revoke(base::UserId user, base::WorkspaceId workspace,
                                            std::string id) {
  const db::Rows deleted = co_await database_.execute(
      "DELETE FROM personal_tokens WHERE id = $1 AND user_id = $2 AND workspace_id = $3 "
      "RETURNING id",
      {id, user, workspace});
  if (deleted.empty()) co_return base::not_found("You have no such token.");
  co_return base::Result<void>{};
}

io::Task<std::optional<Principal>> Tokens::find(std::string token) {
  const std::string hash = base::token_hash(token);
  const base::Instant now = clock_.now();
  const db::Rows rows = co_await database_.execute(
      "SELECT t.user_id, t.workspace_id, m.role, w.time_zone, w.approval_required, "
      "t.last_used_at FROM personal_tokens t "
      "JOIN memberships m ON m.user_id = t.user_id AND m.workspace_id = t.workspace_id "
      "JOIN workspaces w ON w.id = t.workspace_id "
      "WHERE t.hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2)",
      {hash, now});
  if (rows.empty()) co_return std::nullopt;
  const std::optional<base::Instant> used = rows[0]["last_used_at"].optional_instant();
  if (!used || now - *used >= note_use_every) {
    co_await database_.execute("UPDATE personal_tokens SET last_used_at = $2 WHERE hash = $1",
                               {hash, now});
  }
  co_return read_principal(rows[0]);
}

io::Task<> Tokens::prune() {
  co_await database_.execute("DELETE FROM personal_tokens WHERE expires_at <= $1",
                             {clock_.now() - keep_expired});
}

}  // namespace accounts
