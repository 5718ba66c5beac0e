// The HTTP client on libcurl's multi interface, driven by the event loop. Supports TLS, HTTP/2,
// proxies from the environment (https_proxy), gzip and Brotli. Not thread-safe: one per loop.
#pragma once

#include "http/address_policy.h"
#include "http/client.h"

#include <memory>
#include <string>

namespace http {

struct CurlOptions {
  std::string user_agent = "SocialTrendAutomator";
  AddressPolicy addresses;
  std::size_t connections_per_host = 8;
};

std::unique_ptr<Client> make_curl_client(const io::Executor& executor, CurlOptions options);

}  // namespace http
