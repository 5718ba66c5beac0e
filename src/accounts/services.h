// Everything of this module that a process makes once: wired in app/, used by the routes and
// filters.
//
// The order of the members is the order of their making; each may use those above it. Not copied,
// not moved: routes and jobs keep references into it, so it outlives the server and the supervisor.
#pragma once

#include "accounts/access_tokens.h"
#include "accounts/accounts.h"
#include "accounts/events.h"
#include "accounts/people.h"
#include "accounts/principals.h"
#include "accounts/sessions.h"
#include "accounts/settings.h"
#include "accounts/throttle.h"
#include "accounts/tokens.h"
#include "accounts/workspaces.h"

#include <functional>
#include <string>

namespace accounts {

struct Services {
  Services(io::Executor executor, db::Database& db, const base::Clock& the_clock,
           const base::Vault& the_vault, Settings given);
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  // What only app/ knows; set before bind().
  std::string public_url = {};
  networks::Context networks = {};  // its `credentials` is set here, to `accounts`
  std::function<io::Task<bool>()> demonstration = {};  // do trends come from the generator?

  db::Database& database;
  const base::Clock& clock;
  const base::Vault& vault;
  const Settings settings;
  Throttle throttle;
  Principals principals;
  Sessions sessions;
  Tokens tokens;
  AccessTokens access_tokens;
  Events events;
  Workspaces workspaces;
  People people;
  Accounts accounts;
};

}  // namespace accounts
