#include "accounts/services.h"

namespace accounts {

Services::Services(io::Executor executor, db::Database& db, const base::Clock& the_clock,
                   const base::Vault& the_vault, Settings given)
    : database(db),
      clock(the_clock),
      vault(the_vault),
      settings(std::move(given)),
      throttle(database, clock),
      principals(executor, clock),
      sessions(database, clock, vault, settings),
      tokens(database, clock),
      access_tokens(database, clock, vault, settings),
      events(std::move(executor), database, clock),
      workspaces(database, clock, settings, &events),
      people(database, clock, settings, throttle, sessions),
      accounts(database, clock, vault, &events) {
  networks.credentials = &accounts;
  networks.clock = &clock;
}

}  // namespace accounts
