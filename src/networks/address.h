// Addresses of servers as people type them into a form: only plain http, https, ws and wss with a
// host, no user names, nothing that could end a header or a log line. Whether the host may be
// connected to is http/address_policy.h's to say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace networks {

struct Address {
  std::string scheme;      // lower case
  std::string host;        // lower case; IPv6 in brackets
  std::uint16_t port = 0;  // 0 = the scheme's own
  std::string path;        // with the query, "" or beginning with '/'; no fragment

  bool secure() const { return scheme == "https" || scheme == "wss"; }
  // "https://host:port", without the path.
  std::string origin() const;
  std::string text() const { return origin() + path; }
};

// Nothing when malformed.
std::optional<Address> parse_address(std::string_view text);

// What a server calls an address may be anything: only one that is safe to show as a link stays, ""
// is left of the rest.
std::string web_address(std::string_view text);

}  // namespace networks
