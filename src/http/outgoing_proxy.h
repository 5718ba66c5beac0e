// Which proxy the environment names for a URL (http_proxy, https_proxy, all_proxy, no_proxy),
// decided here and not in libcurl, because the address guard must know whether it looks at the
// destination or at a proxy.
#pragma once

#include "http/url.h"

#include <string>

namespace http {

struct ProxySettings {
  std::string http;
  std::string https;
  std::string none_for;  // comma-separated names, suffixes and networks; "*" = all

  // HTTP_PROXY in capitals is not read: a CGI host would let a client set it.
  static ProxySettings from_environment();
  // "" = connect directly. Loopback is never reached through a proxy.
  std::string proxy_for(const Url& url) const;
};

bool is_local_name(std::string_view host);  // "localhost" and names below it

}  // namespace http
