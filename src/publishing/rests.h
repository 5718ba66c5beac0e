// Rests that networks have asked single accounts for (Retry-After), shared by all workers: what one
// has learned from a 429 keeps the others from asking again.
//
// SQL only; Breakers holds them in memory while they last.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "db/database.h"

#include <vector>

namespace publishing {

struct AccountRest {
  base::AccountId account;
  base::Instant until;
};

class Rests {
 public:
  static constexpr int known_max = 10'000;  // of those that end last

  explicit Rests(db::Database& database) : database_(database) {}

  // The longer of two rests holds.
  io::Task<> learn(AccountRest rest);
  io::Task<std::vector<AccountRest>> known(base::Instant now);
  io::Task<> forget(base::Instant now);

 private:
  db::Database& database_;
};

}  // namespace publishing
