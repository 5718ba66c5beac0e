// Connected accounts: one identity on one network, with credentials encrypted at rest.
//
// Everything is scoped by workspace; a foreign id is "not found". Credentials leave this module
// only towards a connector. Not thread-safe: one per loop.
#pragma once

#include "accounts/events.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/id.h"
#include "base/time.h"
#include "db/database.h"
#include "networks/network.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace accounts {

enum class AccountState {
  connected,
  broken,  // credentials were revoked: its targets wait, a person must reconnect
  paused,  // a person paused it, or its whole workspace
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
  std::int64_t version = 0;  // of its credentials
};

// An account with decrypted credentials, and what else a worker asks of it.
struct Opened {
  networks::Account account;
  base::WorkspaceId workspace;
  AccountState state = AccountState::connected;
  std::string reason;
  std::int64_t version = 0;  // of the credentials
};

class Accounts final : public networks::CredentialStore {
 public:
  // What must happen in the transaction that disconnects an account (cancel what waits).
  using OnDisconnect = std::function<io::Task<>(db::Session&, base::AccountId)>;
  static constexpr std::int64_t per_workspace_max = 1000;

  // `events`: told of every change that a person can see; may be null.
  Accounts(db::Database& database, const base::Clock& clock, const base::Vault& vault,
           Events* events = nullptr);

  void on_disconnect(OnDisconnect then) { on_disconnect_ = std::move(then); }

  io::Task<std::vector<AccountView>> list(base::WorkspaceId workspace);
  io::Task<base::Result<AccountView>> get(base::WorkspaceId workspace, base::AccountId id);
  // With decrypted credentials, for a connector; `workspace` is not asked: the worker acts for all.
  // The state is not asked either: a broken account can be tested.
  io::Task<base::Result<networks::Account>> open(base::AccountId id);
  // Many in one statement; those that are gone, or whose credentials cannot be read, are missing.
  io::Task<std::vector<Opened>> open_many(std::vector<base::AccountId> ids);

  // Connects anew, or again the same identity (its id and targets stay, a broken one is connected
  // again).
  io::Task<base::Result<AccountView>> connect(base::WorkspaceId workspace, std::string network,
                                              networks::Identity identity);
  // Erases the credentials. The row stays, for posts of the past name it.
  io::Task<base::Result<void>> disconnect(base::WorkspaceId workspace, base::AccountId id);
  io::Task<base::Result<AccountView>> set_paused(base::WorkspaceId workspace, base::AccountId id,
                                                 bool paused);
  io::Task<> mark_broken(base::AccountId id, std::string reason);
  // ok connects a broken account again, broken breaks it, neither (the network is away) only says
  // so.
  io::Task<> mark_checked(base::AccountId id, networks::Network::Health health);

  // Never overwrites a refresh token with nothing: absent and empty fields keep their value. Does
  // nothing for an account that was disconnected in the meantime: what is erased stays erased.
  io::Task<> save(base::AccountId account, json::object credentials) override;

  // Renewal of credentials ahead of their end (renewals.cpp). A save makes the account due for a
  // look, at which the connector says when.
  struct ToRenew {
    base::AccountId account;
    std::string network;
    std::int64_t version = 0;  // of its credentials
    int failures = 0;          // in a row
    // What the network wants, when that was the plan; nothing when it was only a look.
    std::optional<base::Instant> due;
  };
  io::Task<std::vector<ToRenew>> to_renew(base::Instant now, std::size_t limit);
  // Is it still due? Asked once more by whoever has the lease of its renewal.
  io::Task<std::optional<ToRenew>> still_to_renew(base::AccountId id, base::Instant now);
  // The next look; `due` is what the network wants. Nothing when the credentials do not run out.
  io::Task<> plan_renewal(ToRenew account, std::optional<base::Instant> at,
                          std::optional<base::Instant> due, int failures);
  // What was saved by others since `before` was read stays, and nothing is overwritten with
  // nothing. False when the account is gone.
  io::Task<bool> save_renewed(base::AccountId id, json::object before, json::object renewed);
  // By network: when the first of its accounts is to be renewed.
  io::Task<std::map<std::string, base::Instant>> renewals_due();
  // Only if these are still the credentials that were refused.
  io::Task<> mark_broken(base::AccountId id, std::string reason, std::int64_t version);
  // There are newer credentials than of that version, or they are just being fetched.
  io::Task<bool> renewed_since(base::AccountId id, std::int64_t version);
  static std::string renewal_lease(const base::AccountId& id);

 private:
  struct Known;

  io::Task<std::optional<Known>> find_known(base::WorkspaceId workspace, std::string network,
                                            std::string remote_id);
  io::Task<bool> insert(base::WorkspaceId workspace, std::string network,
                        networks::Identity identity);
  io::Task<bool> connect_again(Known known, networks::Identity identity);
  io::Task<bool> is_full(base::WorkspaceId workspace);
  std::string seal(const base::AccountId& id, const json::object& credentials) const;
  std::optional<json::object> unseal(const base::AccountId& id, std::string_view sealed) const;
  io::Task<> tell(const db::Rows& changed);

  db::Database& database_;
  const base::Clock& clock_;
  const base::Vault& vault_;
  Events* events_;
  OnDisconnect on_disconnect_;
};

}  // namespace accounts
