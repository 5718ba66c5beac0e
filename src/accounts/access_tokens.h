// Short-lived bearer tokens of POST /automation/token: JSON Web Tokens (RFC 7519), HS256, with
// keys derived from APP_KEY. The signature saves a row per token, not the look-up of the person:
// rights are read at every use, and a changed password ends all tokens that were made before.
#pragma once

#include "accounts/principal.h"
#include "accounts/settings.h"
#include "base/crypto.h"
#include "base/time.h"
#include "db/database.h"

#include <optional>
#include <string>

namespace accounts {

struct Claims {
  base::UserId user;
  base::WorkspaceId workspace;
  std::int64_t security_version = 0;
  base::Instant issued_at;
  base::Instant expires_at;
};

// Only this one header is written and read, so no token can choose its algorithm.
std::string sign_claims(const Claims& claims, const base::Signer& signer);
// Nothing when the token is malformed, not signed with a key of the signer, or has run out.
std::optional<Claims> verify_claims(std::string_view token, const base::Signer& signer,
                                    base::Instant now);

class AccessTokens {
 public:
  AccessTokens(db::Database& database, const base::Clock& clock, const base::Vault& vault,
               const Settings& settings);

  io::Task<std::string> make(base::UserId user, base::WorkspaceId workspace);
  io::Task<std::optional<Principal>> find(std::string token);
  std::chrono::seconds ttl() const;

 private:
  io::Task<std::optional<std::int64_t>> security_version(base::UserId user);

  db::Database& database_;
  const base::Clock& clock_;
  const Settings& settings_;
  base::Signer signer_;
};

}  // namespace accounts
