// Bech32 (BIP-173) without its length limit: how Nostr writes keys for people ("npub1...",
// "nsec1...", NIP-19).
#pragma once

#include <string>
#include <string_view>

namespace networks::nostr {

std::string bech32_encode(std::string_view prefix, std::string_view bytes);
// The bytes of a text with this prefix; empty when the prefix, an upper-lower mix or the checksum
// is wrong.
std::string bech32_decode(std::string_view prefix, std::string_view text);

}  // namespace networks::nostr
