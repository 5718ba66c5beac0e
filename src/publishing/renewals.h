// Renews credentials ahead of their end, in every worker, and each account's by one worker at a
// time (a lease of its name).
//
// When is said by the connector (Network::renew_at) and kept in a column, so that finding what is
// due is one indexed query; whatever saves credentials makes the account due for a new look. A
// network that is down is tried again, with backoff and jitter, for as long as it takes; only a
// grant that the network itself refuses marks the account broken, which tells the people of the
// workspace and lets its posts wait. What others saved meanwhile is never lost. Not thread-safe:
// one per loop.
#pragma once

#include "accounts/accounts.h"
#include "base/time.h"
#include "io/task.h"
#include "jobs/leases.h"
#include "networks/network.h"
#include "posts/checks.h"

#include <functional>
#include <set>

namespace publishing {

struct RenewalDoors {
  accounts::Accounts* accounts = nullptr;
  jobs::Leases* leases = nullptr;
  posts::NetworkLookup networks;
  networks::Context context;
  const base::Clock* clock = nullptr;
  std::function<io::Task<>(base::Duration)> sleep = {};  // empty: the steady clock
  std::function<double()> chance = {};                   // in [0, 1); empty: random
};

class Renewals {
 public:
  static constexpr std::chrono::seconds look_every{15};
  static constexpr std::chrono::seconds answer_max{60};
  static constexpr std::chrono::minutes lease_max{3};  // longer than an answer and its saving
  static constexpr std::chrono::seconds retry_min{30};
  static constexpr std::chrono::seconds retry_max{30 * 60};
  static constexpr std::size_t at_once = 8;
  static constexpr std::chrono::seconds skew{5};  // clocks of workers may differ by this much

  Renewals(io::Executor executor, RenewalDoors doors);

  // Looks again and again, until it is cancelled.
  io::Task<> run();
  // Ends what is still asked of networks; to be awaited before this is destroyed.
  io::Task<> stop();
  // One turn, to its end; the number is that of accounts looked at.
  io::Task<std::size_t> renew_due();

 private:
  using Due = accounts::Accounts::ToRenew;

  void start(Due due);
  io::Task<> renew(Due due);
  io::Task<> renew_leased(Due due, base::Instant until);
  io::Task<networks::Renewal> ask(const networks::Network& network, networks::Account account,
                                  base::Instant until);
  io::Task<> take(Due due, networks::Account before, base::Instant wanted,
                  networks::Renewal answer);
  io::Task<> measure();
  base::Instant now() const { return doors_.clock->now(); }

  RenewalDoors doors_;
  std::set<base::AccountId> running_;
  io::Event done_;
  // Last, so that its tasks end before what they use.
  io::Supervisor supervisor_;
};

}  // namespace publishing
