// What publishing needs of accounts: a door, so that tests and the simulator need none.
#pragma once

#include "accounts/accounts.h"
#include "base/id.h"
#include "io/task.h"
#include "networks/network.h"

#include <map>
#include <optional>
#include <string>

namespace publishing {

struct OpenedAccount {
  networks::Account account;  // with credentials
  accounts::AccountState state = accounts::AccountState::connected;
  std::string reason;        // why it is not connected
  std::int64_t version = 0;  // of the credentials
};

class AccountDoor {
 public:
  virtual ~AccountDoor() = default;
  // Nothing when the account is gone.
  virtual io::Task<std::optional<OpenedAccount>> open(base::WorkspaceId workspace,
                                                      base::AccountId account) = 0;
  // The same for many at once. What is missing in the answer must be opened by itself; nothing by
  // default.
  virtual io::Task<std::map<base::AccountId, OpenedAccount>> open_all(
      std::map<base::AccountId, base::WorkspaceId> accounts);
  // Only while its credentials are those of that version: a person may just have connected it.
  virtual io::Task<> mark_broken(base::AccountId account, std::string reason,
                                 std::int64_t version) = 0;
  // Other credentials than those of that version are there, or are just being fetched: a refusal
  // of the older ones says nothing about the account.
  virtual io::Task<bool> has_moved_on(base::AccountId account, std::int64_t version);
};

// The real one.
class ConnectedAccounts final : public AccountDoor {
 public:
  explicit ConnectedAccounts(accounts::Accounts& accounts) : accounts_(accounts) {}
  io::Task<std::optional<OpenedAccount>> open(base::WorkspaceId workspace,
                                              base::AccountId account) override;
  io::Task<std::map<base::AccountId, OpenedAccount>> open_all(
      std::map<base::AccountId, base::WorkspaceId> accounts) override;
  io::Task<> mark_broken(base::AccountId account, std::string reason,
                         std::int64_t version) override;
  io::Task<bool> has_moved_on(base::AccountId account, std::int64_t version) override;

 private:
  accounts::Accounts& accounts_;
};

}  // namespace publishing
