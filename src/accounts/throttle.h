// Bounds guessing: counts attempts per e-mail and per address in the database, so that all replicas
// share the count. An attempt is counted before the password is looked at, so that many at once
// gain nothing, and taken back when it succeeds.
//
// Three bounds work together: one address cannot guess long at one e-mail, nor at many, and many
// addresses cannot guess long at one e-mail; one address alone cannot lock a person out elsewhere.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "db/database.h"

#include <string>
#include <vector>

namespace accounts {

class Throttle {
 public:
  struct Bound {
    std::string key;  // hashed by the caller: what people typed is not kept
    std::int64_t attempts_max;
  };
  static constexpr std::chrono::minutes window{15};

  Throttle(db::Database& database, const base::Clock& clock);

  // 429 with the seconds to wait when one of the bounds is reached.
  io::Task<base::Result<void>> admit(std::vector<Bound> bounds);
  // It succeeded: the attempt does not count, and what only this person can reach is forgotten.
  io::Task<> forgive(std::vector<Bound> bounds);
  io::Task<> prune();

 private:
  db::Database& database_;
  const base::Clock& clock_;
};

std::vector<Throttle::Bound> login_bounds(std::string_view email_key, std::string_view address);
std::vector<Throttle::Bound> register_bounds(std::string_view address);

// IPv6 addresses of one /64 are one guesser.
std::string address_group(std::string_view address);

}  // namespace accounts
