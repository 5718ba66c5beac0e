// Sessions of people who signed in on the page: a random token in a cookie, of which only the hash
// is stored. A session ends when it is idle too long, when it is too old, or when it is ended.
#pragma once

#include "accounts/principal.h"
#include "accounts/settings.h"
#include "base/crypto.h"
#include "base/time.h"
#include "db/database.h"

#include <optional>
#include <string>

namespace accounts {

class Sessions {
 public:
  Sessions(db::Database& database, const base::Clock& clock, const base::Vault& vault,
           const Settings& settings);

  // The token for the cookie.
  io::Task<std::string> begin(base::UserId user, base::WorkspaceId workspace);
  // Who it belongs to; moves its idle end, at most once a minute.
  io::Task<std::optional<Principal>> find(std::string token);
  io::Task<> enter(std::string hash, base::WorkspaceId workspace);
  io::Task<> end(std::string hash);
  // `kept`: the hash of the session that stays; may be empty.
  io::Task<> end_others(db::Session& session, base::UserId user, std::string kept);
  io::Task<> prune();

  // What X-CSRF-Token says under this session.
  std::string csrf_token(std::string_view hash) const;
  bool accepts_csrf_token(std::string_view hash, std::string_view token) const;

  std::string cookie(std::string_view token, bool secure) const;
  static std::string expired_cookie(bool secure);

 private:
  io::Task<> slide(std::string hash, base::Instant expires_at);

  db::Database& database_;
  const base::Clock& clock_;
  const Settings& settings_;
  base::Signer csrf_signer_;
};

}  // namespace accounts
