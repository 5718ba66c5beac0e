// The life of a target as a pure machine: step(state, event, context) -> transition. Every arrow of
// docs/publishing.md is here and nowhere else; worker, sweeper, reconciler and the person's
// decision only carry out what it says, so a simulator can drive the very rules that production
// obeys.
//
// The one rule behind all of them: once the attempt is written down (sending), no answer, a crash
// or a lost lease means *unknown*, never "try again". Only certain knowledge leads out of unknown:
// found, surely not there, or a person's word.
//
// Pure: no clock, no chance, no input or output. The texts are for people who do marketing.
#pragma once

#include "base/time.h"
#include "networks/network.h"
#include "posts/post.h"
#include "posts/target_state.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace publishing {

using posts::TargetState;

enum class Decision { it_was_published, send_again, give_up };
std::string_view to_string(Decision decision);
std::optional<Decision> parse_decision(std::string_view text);

// What can happen to a target.
namespace event {
struct Claimed {};           // a worker takes it up
struct LeaseRanOut {};       // its worker died, hung, or lost the database
struct AttemptCommitted {};  // key and frozen payload are durable: bytes may go out now
struct Withdrawn {           // its worker puts it back, certain that nothing was sent
  std::string reason;
};
struct Held {  // not now: the network or the account needs a rest
  base::Instant until;
  std::string reason;
};
struct CouldNotPrepare {  // before anything was sent
  std::variant<networks::Rejected, networks::RetryLater, networks::AccountBroken> why;
};
struct NetworkWorks {  // before anything was sent: it is busy with what it was given
  networks::StillWorking answer;
};
struct Answered {  // to publish()
  networks::Outcome outcome;
};
struct LookedUp {  // by find()
  networks::Found found;
  // When the network was asked: its answer holds for that moment, however long it took to come.
  base::Instant asked_at;
};
struct CannotLook {  // the account cannot even ask at the moment
  std::string reason;
};
struct AccountWaits {  // broken, or paused by a person
  std::string reason;
};
struct AccountReady {};
struct AccountGone {};
struct CameTooLate {};  // beyond the post's own policy
struct TrendDied {      // or became coordinated: the post was made from it
  bool drop = false;    // else a person is asked
  std::string reason;
};
struct EarlierPartOut {};    // of a thread: the part before it is published
struct EarlierPartStopped {  // ... will never be
  std::string what;          // "Part 1 of 3 was refused; nothing of the thread is out."
};
struct Cancelled {};
struct Decided {
  Decision decision;
};
}  // namespace event

using Event =
    std::variant<event::Claimed, event::LeaseRanOut, event::AttemptCommitted, event::Withdrawn,
                 event::Held, event::CouldNotPrepare, event::NetworkWorks, event::Answered,
                 event::LookedUp, event::CannotLook, event::AccountWaits, event::AccountReady,
                 event::AccountGone, event::CameTooLate, event::TrendDied, event::EarlierPartOut,
                 event::EarlierPartStopped, event::Cancelled, event::Decided>;

// How patient we are. Defaults are production's.
struct Patience {
  std::chrono::seconds backoff_min{5};
  std::chrono::seconds backoff_max{15 * 60};
  int retries_max = 40;  // in a row not taken; then a person is asked (some nine hours)
  std::chrono::seconds lookup_min{2};
  std::chrono::seconds lookup_max{10 * 60};
  int lookups_max = 12;  // in a row that did not tell; then a person is asked (about an hour)
  int unclear_max = 6;   // sendings without a clear answer; then a person is asked
  // Between two looks at what the network is still busy with: as it says, but at least a tenth of
  // the time so far; after working_max a person is asked.
  std::chrono::seconds working_min{1};
  std::chrono::seconds working_longest{5 * 60};
  std::chrono::seconds working_max{6 * 60 * 60};
  // A look-up is believed to say "not there" only this long after the sending: the network may
  // still be working on what it got.
  std::chrono::seconds settle{60};
};

// What the rules need to know of the target and the moment.
struct Context {
  base::Instant now;
  base::Instant due_at;
  std::string network;  // its label: "Bluesky"
  networks::RetryClass retry = networks::RetryClass::blind;
  posts::TooLatePolicy too_late = posts::TooLatePolicy::publish;
  int retry_count = 0;
  int lookup_count = 0;
  int unclear_count = 0;                       // sendings without a clear answer so far
  std::optional<base::Instant> sent_at;        // start of the latest attempt
  std::optional<base::Instant> waiting_since;  // the network has been busy since
  double chance = 0.5;                         // in [0, 1): jitter
  std::string actor = "worker";                // who decides
  Patience patience = {};
};

struct Transition {
  TargetState state;
  // When a worker may next work on it. Nothing: not before something else happens.
  std::optional<base::Instant> ready_at;
  std::optional<base::Instant> retry_at;  // shown to people
  std::string reason;                     // stays visible at the target: what happened, what to do
  std::string event;                      // of the timeline
  std::string message;                    // of the timeline
  std::string outcome;                    // of the running attempt; empty: not concerned
  enum class Count { keep, reset, up };
  Count retries = Count::keep;
  Count lookups = Count::keep;
  Count waiting = Count::keep;  // up: the network is busy from now on, or still is
  bool uncertain = false;       // the attempt may have reached the network
  bool waives_late = false;     // a person has said that late is fine
  bool stops_thread = false;    // the parts after it will not go out
  bool begins_anew = false;     // what preparing has reached is of no more use
};

// Nothing when the event cannot happen in that state: then nothing may be done.
std::optional<Transition> step(TargetState state, const Event& event, const Context& context);

// Too late under the post's own policy?
bool is_too_late(base::Instant now, base::Instant due_at, posts::TooLate policy);

// min * 2^count with jitter (half of it fixed), at most max.
base::Duration backoff(std::chrono::seconds min, std::chrono::seconds max, int count,
                       double chance);

// "30 seconds", "5 minutes": for messages.
std::string in_words(base::Duration duration);

}  // namespace publishing
