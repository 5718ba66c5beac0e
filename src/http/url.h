// URLs as libcurl reads them, so that what is checked and what is connected to cannot differ.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace http {

struct Url {
  std::string text;    // normalised, without fragment
  std::string scheme;  // "http", "https", "ws", "wss"
  std::string host;    // a name, or a numeric address without brackets
  std::string port;
  std::string target;            // path and query
  std::string credentials = {};  // "user:password", decoded; "" when there are none

  std::string origin() const { return scheme + "://" + host + ":" + port; }
};

// Nothing unless it is an absolute URL of one of these four schemes with a host.
std::optional<Url> parse_url(std::string_view text);

// The URL that a Location header means; credentials in it are dropped.
std::optional<Url> resolve_url(const Url& base, std::string_view location);

}  // namespace http
