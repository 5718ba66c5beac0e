// Circuit breakers: after several failures in a row a network rests for a while, the longer the
// more often; an account rests as long as the network has asked it to (Retry-After). What was
// claimed meanwhile is put back with a word on why. After a network's rest one target tries it; the
// others wait for what comes of that.
//
// Memory only: what follows for other workers is returned as a Lesson, and what they have learned
// comes in by see() and rest_account() (rests.h). A worker whose rests others end again and again,
// because the network is well for them, keeps its rests to itself. Pure but for its memory. Not
// thread-safe: one per loop.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "networks/network.h"
#include "publishing/rests.h"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace publishing {

class Breakers {
 public:
  static constexpr int failures_max = 5;
  static constexpr std::chrono::seconds rest_min{15};
  static constexpr std::chrono::seconds rest_max{5 * 60};
  static constexpr std::chrono::seconds probe_look{5};  // those who wait for a try look again
  static constexpr int contradictions_max = 2;
  // So long a lesson may take until it is stored: it is not taken for over because it is not there.
  static constexpr std::chrono::seconds telling_max{5};

  struct Rest {
    base::Instant until;
    std::string reason;  // "Bluesky does not answer at the moment."
  };
  // Nothing when sending may go ahead, as far as the account is concerned.
  std::optional<Rest> account_rest(const base::AccountId& account, std::string_view label,
                                   base::Instant now) const;
  // The same of the network; not asked for the one target that tries it.
  std::optional<Rest> network_rest(const std::string& network, std::string_view label,
                                   base::Instant now) const;

  // Its rest is over, and nobody is known to try it: may this target? Others wait from now on.
  enum class Probe { not_needed, granted, ask_others };
  Probe probe(const std::string& network, base::Instant now);
  // It ended without an answer: another target may try.
  void probe_ended(const std::string& network);

  // What all workers should know after an answer.
  struct NetworkIsWell {};
  using Lesson = std::variant<std::monostate, NetworkRest, NetworkIsWell>;
  Lesson learn(const std::string& network, const base::AccountId& account,
               const networks::Outcome& outcome, base::Instant now);

  // The lesson could not be told.
  void keep_to_oneself(const std::string& network);
  // What all workers know, as it was asked for at `asked_at`.
  void see(const std::vector<NetworkRest>& shared, base::Instant asked_at);
  // What another worker has learned: the longer rest holds.
  void rest_account(const base::AccountId& account, base::Instant until);
  // Forgets accounts whose rest is over.
  void forget(base::Instant now);

 private:
  struct Open {
    base::Instant until;
    int times = 0;
    base::Instant probe_until;
    base::Instant known_since;
    bool shared = false;     // others know of it
    bool from_here = false;  // they know it from us
  };
  struct Breaker {
    int failures = 0;
    int contradictions = 0;  // rests from here that others ended, in a row
    std::optional<Open> open;
  };
  Lesson rest_network(Breaker& breaker, const std::string& network, base::Instant now);

  std::map<std::string, Breaker> networks_;
  std::map<base::AccountId, base::Instant> accounts_;
};

}  // namespace publishing
