// Connected accounts: one identity on one network, with credentials encrypted at rest.
//
// Everything is scoped by workspace; a foreign id is "not found". Credentials leave this module
// only towards a connector. Not thread-safe: one per loop.
#pragma once

#include "base/crypto.h"
#include "base/error.h"
#include "base/id.h"
#include "base/time.h"
#include "db/database.h"
#include "networks/network.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace accounts {

enum class AccountState {
  connected,
  broken,  // credentials were revoked: its targets wait, a person must reconnect
  paused,  // a person paused it
};
std::string_view to_string(AccountState state);

struct AccountView {
  base::AccountId id;
  base::WorkspaceId workspace;
  std::string network;
  std::string remote_id;
  std::string handle;
  std::string display_name;
  std::string url;
  std::string avatar_url;
  AccountState state = AccountState::connected;
  std::string state_reason;
  json::object details;
  base::Instant created_at;
  std::optional<base::Instant> checked_at;
};

class Accounts final : public networks::CredentialStore {
 public:
  Accounts(db::Database& database, const base::Clock& clock, const base::Vault& vault);

  io::Task<std::vector<AccountView>> list(base::WorkspaceId workspace);
  io::Task<base::Result<AccountView>> get(base::WorkspaceId workspace, base::AccountId id);
  // With decrypted credentials, for a connector; `workspace` is not asked: the worker acts for all.
  io::Task<base::Result<networks::Account>> open(base::AccountId id);

  // Connects anew, or again the same identity (its id and targets stay, a broken one is connected
  // again).
  io::Task<base::Result<AccountView>> connect(base::WorkspaceId workspace, std::string network,
                                              networks::Identity identity);
  io::Task<base::Result<void>> disconnect(base::WorkspaceId workspace, base::AccountId id);
  io::Task<base::Result<AccountView>> set_paused(base::WorkspaceId workspace, base::AccountId id,
                                                 bool paused);
  io::Task<> mark_broken(base::AccountId id, std::string reason);
  io::Task<> mark_checked(base::AccountId id, networks::Network::Health health);

  // Never overwrites a refresh token with nothing: absent fields keep their value.
  io::Task<> save(base::AccountId account, json::object credentials) override;

 private:
  db::Database& database_;
  const base::Clock& clock_;
  const base::Vault& vault_;
};

}  // namespace accounts
