// Events of Nostr (NIP-01): an event's id is the hash of what it says, and its signature depends on
// nothing else, so the same post signed twice is the same event, and a relay that has it keeps one.
#pragma once

#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace networks::nostr {

namespace json = boost::json;

struct Keys {
  std::string secret;      // 64 hex digits
  std::string public_key;  // 64 hex digits, x only
};

Keys make_keys();
// Takes "nsec1..." or 64 hex digits; nothing when it is neither, or no key of the curve.
std::optional<Keys> parse_secret(std::string_view text);
std::string npub(const Keys& keys);
std::string nsec(const Keys& keys);

struct Draft {
  int kind = 1;
  base::Instant created_at;
  json::array tags;
  std::string content;
};

// {"id","pubkey","created_at","kind","tags","content","sig"}: the same for the same draft and keys
// (BIP-340 without auxiliary randomness).
json::object sign_event(const Draft& draft, const Keys& keys);

// Is the event what it claims: the id the hash of its content, the signature that of its author?
bool verify_event(const json::object& event);

// The bytes that are hashed: NIP-01's serialisation, which escapes less than JSON allows.
std::string canonical_event(const json::object& event);

}  // namespace networks::nostr
