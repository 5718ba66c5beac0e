// One conversation with one relay: open, say one thing, wait for the answer to it, close; all
// within a deadline.
#pragma once

#include "networks/network.h"
#include "networks/nostr/event.h"

#include <chrono>
#include <string>

namespace networks::nostr {

enum class Accepted {
  yes,
  refused,  // and will refuse again: blocked, invalid, too little proof of work, members only
  not_now,  // certainly not stored: cannot be reached, rate limited, a fault of the relay
  unclear,  // sent, and no answer
};

struct RelayAnswer {
  std::string relay;
  Accepted accepted = Accepted::not_now;
  std::string words;
};

// Sends a signed event. A relay that wants to know who we are (NIP-42) is told.
io::Task<RelayAnswer> send_event(Context context, std::string relay, json::object event, Keys keys);

enum class Stored { yes, no, unclear };
// Asks for an event by its id.
io::Task<Stored> has_event(Context context, std::string relay, std::string id, Keys keys);

// Can it be reached? Its words when not.
io::Task<std::optional<std::string>> reach(Context context, std::string relay);

}  // namespace networks::nostr
