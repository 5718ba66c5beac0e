// What publishing needs of accounts: a door, so that tests and the simulator need none.
#pragma once

#include "accounts/accounts.h"
#include "base/id.h"
#include "io/task.h"
#include "networks/network.h"

#include <optional>
#include <string>

namespace publishing {

struct OpenedAccount {
  networks::Account account;  // with credentials
  accounts::AccountState state = accounts::AccountState::connected;
  std::string reason;  // why it is not connected
};

class AccountDoor {
 public:
  virtual ~AccountDoor() = default;
  // Nothing when the account is gone.
  virtual io::Task<std::optional<OpenedAccount>> open(base::WorkspaceId workspace,
                                                      base::AccountId account) = 0;
  virtual io::Task<> mark_broken(base::AccountId account, std::string reason) = 0;
};

// The real one.
class ConnectedAccounts final : public AccountDoor {
 public:
  explicit ConnectedAccounts(accounts::Accounts& accounts) : accounts_(accounts) {}
  io::Task<std::optional<OpenedAccount>> open(base::WorkspaceId workspace,
                                              base::AccountId account) override;
  io::Task<> mark_broken(base::AccountId account, std::string reason) override;

 private:
  accounts::Accounts& accounts_;
};

}  // namespace publishing
