// Personal access tokens ("st_..."): made by a person for a workspace, stored as a hash, shown
// once.
#pragma once

#include "accounts/principal.h"
#include "base/time.h"
#include "db/database.h"

#include <optional>
#include <string>
#include <vector>

namespace accounts {

struct PersonalToken {
  std::string id;
  std::string name;
  base::Instant created_at;
  std::optional<base::Instant> expires_at;
  std::optional<base::Instant> last_used_at;
  std::string token = {};  // only in the answer that makes it
};

class Tokens {
 public:
  static constexpr std::string_view prefix = "st_";
  static constexpr std::int64_t per_person_max = 100;

  Tokens(db::Database& database, const base::Clock& clock);

  io::Task<base::Result<PersonalToken>> make(base::UserId user, base::WorkspaceId workspace,
                                             std::string name,
                                             std::optional<base::Instant> expires_at);
  io::Task<std::vector<PersonalToken>> list(base::UserId user, base::WorkspaceId workspace);
  io::Task<base::Result<void>> revoke(base::UserId user, base::WorkspaceId workspace,
                                      std::string id);
  // Notes its use, at most once a minute.
  io::Task<std::optional<Principal>> find(std::string token);
  io::Task<> prune();

 private:
  db::Database& database_;
  const base::Clock& clock_;
};

}  // namespace accounts
