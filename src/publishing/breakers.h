// Circuit breakers, kept simple: after several failures in a row a network rests for a while, the
// longer the more often; an account rests as long as the network has asked it to (Retry-After).
// What was claimed meanwhile is put back with a word on why.
//
// In memory. That a network rests is found out by each worker for itself, which costs a few tries
// and no coordination; the rests of accounts are shared (rests.h). Pure but for its memory. Not
// thread-safe: one per loop.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "networks/network.h"

#include <map>
#include <optional>
#include <string>

namespace publishing {

class Breakers {
 public:
  static constexpr int failures_max = 5;
  static constexpr std::chrono::seconds rest_min{15};
  static constexpr std::chrono::seconds rest_max{5 * 60};

  struct Rest {
    base::Instant until;
    std::string reason;  // "Bluesky does not answer at the moment."
  };
  // Nothing when sending may go ahead.
  std::optional<Rest> rest(const std::string& network, std::string_view label,
                           const base::AccountId& account, base::Instant now) const;

  // Learns from an answer.
  void learn(const std::string& network, const base::AccountId& account,
             const networks::Outcome& outcome, base::Instant now);
  // What another worker has learned: the longer rest holds.
  void rest_account(const base::AccountId& account, base::Instant until);
  // Forgets accounts whose rest is over.
  void forget(base::Instant now);

 private:
  struct Breaker {
    int failures = 0;
    base::Instant open_until;
  };
  std::map<std::string, Breaker> networks_;
  std::map<base::AccountId, base::Instant> accounts_;
};

}  // namespace publishing
