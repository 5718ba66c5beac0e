#include "accounts/sessions.h"

#include "accounts/membership.h"
#include "base/text.h"

namespace accounts {
namespace {

// A row is written at most so often for a session in use.
constexpr std::chrono::minutes slide_every{1};

}  // namespace

Sessions::Sessions(db::Database& database, const base::Clock& clock, const base::Vault& vault,
                   const Settings& settings)
    : database_(database), clock_(clock), settings_(settings), csrf_signer_(vault.signer("csrf")) {}

io::Task<std::string> Sessions::begin(base::UserId user, base::WorkspaceId workspace) {
  std::string token = base::random_token();
  const base::Instant now = clock_.now();
  co_await database_.execute(
      "INSERT INTO sessions (hash, user_id, workspace_id, created_at, seen_at, idle_until, "
      "expires_at) VALUES ($1, $2, $3, $4, $4, $5, $6)",
      {base::token_hash(token), user, workspace, now, now + settings_.session_idle,
       now + settings_.session_max});
  co_return token;
}

io::Task<std::optional<Principal>> Sessions::find(std::string token) {
  if (token.empty() || token.size() > 200) co_return std::nullopt;
  const std::string hash = base::token_hash(token);
  const base::Instant now = clock_.now();
  const db::Rows rows = co_await database_.execute(
      "SELECT s.user_id, s.workspace_id, m.role, w.time_zone, w.approval_required, s.seen_at, "
      "s.expires_at FROM sessions s "
      "JOIN memberships m ON m.user_id = s.user_id AND m.workspace_id = s.workspace_id "
      "JOIN workspaces w ON w.id = s.workspace_id "
      "WHERE s.hash = $1 AND s.idle_until > $2 AND s.expires_at > $2",
      {hash, now});
  if (rows.empty()) co_return std::nullopt;
  Principal found = read_principal(rows[0]);
  found.by_session = true;
  found.session = hash;
  if (now - rows[0]["seen_at"].instant() >= slide_every) {
    co_await slide(hash, rows[0]["expires_at"].instant());
  }
  co_return found;
}

io::Task<> Sessions::slide(std::string hash, base::Instant expires_at) {
  const base::Instant now = clock_.now();
  const base::Instant idle_until =
      std::min<base::Instant>(now + settings_.session_idle, expires_at);
  co_await database_.execute("UPDATE sessions SET seen_at = $2, idle_until = $3 WHERE hash = $1",
                             {hash, now, idle_until});
}

io::Task<> Sessions::enter(std::string hash, base::WorkspaceId workspace) {
  co_await database_.execute("UPDATE sessions SET workspace_id = $2 WHERE hash = $1",
                             {hash, workspace});
}

io::Task<> Sessions::end(std::string hash) {
  co_await database_.execute("DELETE FROM sessions WHERE hash = $1", {hash});
}

io::Task<> Sessions::end_others(db::Session& session, base::UserId user, std::string kept) {
  co_await session.execute("DELETE FROM sessions WHERE user_id = $1 AND hash <> $2", {user, kept});
}

io::Task<> Sessions::prune() {
  co_await database_.execute("DELETE FROM sessions WHERE idle_until <= $1", {clock_.now()});
}

std::string Sessions::csrf_token(std::string_view hash) const { return csrf_signer_.sign(hash); }

bool Sessions::accepts_csrf_token(std::string_view hash, std::string_view token) const {
  return csrf_signer_.accepts(hash, token);
}

std::string Sessions::cookie(std::string_view token, bool secure) const {
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(settings_.session_max);
  return fmt::format("session={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}", token, age.count(),
                     secure ? "; Secure" : "");
}

std::string Sessions::expired_cookie(bool secure) {
  return fmt::format("session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{}",
                     secure ? "; Secure" : "");
}

}  // namespace accounts
