// Rests that all workers share: those that networks have asked single accounts for (Retry-After),
// and those that a network is given after failures in a row. What one worker has learned keeps the
// others from asking again. After a network's rest one of them takes the probe: only it tries.
//
// SQL only; Breakers holds them in memory while they last.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "db/database.h"

#include <string>
#include <vector>

namespace publishing {

struct AccountRest {
  base::AccountId account;
  base::Instant until;
};

// There until somebody has seen that the network is well again, also when the rest is over.
struct NetworkRest {
  std::string network;
  base::Instant until;
  int times = 0;  // rests in a row before this one
  base::Instant probe_until = {};
};

class Rests {
 public:
  static constexpr int known_max = 10'000;  // of those that end last

  // `owner` names this process as one that probes.
  Rests(db::Database& database, std::string owner)
      : database_(database), owner_(std::move(owner)) {}

  // The longer of two rests holds.
  io::Task<> learn(AccountRest rest);
  io::Task<std::vector<AccountRest>> known(base::Instant now);
  io::Task<> forget(base::Instant now);

  io::Task<> learn(NetworkRest rest);
  io::Task<> end(std::string network);
  io::Task<std::vector<NetworkRest>> networks();
  // May this worker try the network until then? False: it still rests, or another one tries it.
  io::Task<bool> take_probe(std::string network, base::Instant now, base::Instant until);
  // It came to nothing.
  io::Task<> give_probe_back(std::string network);

 private:
  db::Database& database_;
  std::string owner_;
};

}  // namespace publishing
