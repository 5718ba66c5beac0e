// The guard against SSRF: which addresses the program may connect to on behalf of a user or a feed.
//
// The check is made on the resolved address at the moment of connecting, so DNS tricks and
// redirects do not get around it. Refused by default: loopback, private, link-local (with cloud
// metadata), carrier-grade NAT, multicast, unspecified, documentation and reserved ranges, and the
// same inside IPv4-mapped, NAT64 and 6to4 addresses.
#pragma once

#include "base/error.h"
#include "http/ip_address.h"

#include <string>
#include <string_view>
#include <vector>

namespace http {

class AddressPolicy {
 public:
  // `allowed`: CIDR blocks that are allowed though private (ALLOW_PRIVATE_NETWORKS), e.g.
  // "127.0.0.0/8".
  //
  // `allowed_when_named`: blocks that only a URL may lead to whose host is an address or
  // "localhost"; neither another name that resolves there nor a redirect from elsewhere does.
  static base::Result<AddressPolicy> parse(const std::vector<std::string>& allowed,
                                           const std::vector<std::string>& allowed_when_named = {});
  static AddressPolicy allow_all();

  // The policy for connections to this host of a URL; "" for what strangers chose (a redirect).
  AddressPolicy for_host(std::string_view host) const;

  // `address` is a numeric IPv4 or IPv6 address. Call it on what for_host() gave.
  bool allows(std::string_view address) const;

 private:
  std::vector<Network> allowed_;
  std::vector<Network> allowed_when_named_;
  bool all_ = false;
};

// The host of a URL is an address or "localhost", so no name server has a say in where it leads.
bool names_an_address(std::string_view host);

// Is the numeric address inside the CIDR block? False when either is malformed.
bool in_network(std::string_view address, std::string_view cidr);

}  // namespace http
