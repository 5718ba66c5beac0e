// Asks networks about accounts, with a deadline over all that a connector may do.
#pragma once

#include "accounts/services.h"

namespace accounts {

// Asks the network whether the account still works, and remembers the answer.
io::Task<base::Result<networks::Network::Health>> check_account(Services& services,
                                                                base::AccountId id);

struct Connected {
  AccountView account;
  // Secrets that were made for the person (a new key), by setting; nothing shows them later.
  json::object shown_once;
};

// Turns a filled form into a connected account. Errors name the field ("settings.password").
io::Task<base::Result<Connected>> connect_account(Services& services, base::WorkspaceId workspace,
                                                  std::string network, json::object settings);

}  // namespace accounts
