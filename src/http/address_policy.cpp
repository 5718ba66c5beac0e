#include "http/address_policy.h"

#include "base/check.h"

namespace http {
namespace {

std::vector<Network> networks(std::initializer_list<std::string_view> blocks) {
  std::vector<Network> parsed;
  for (const std::string_view block : blocks) {
    const auto network = Network::parse(block);
    CHECK(network);
    parsed.push_back(*network);
  }
  return parsed;
}

bool any_contains(const std::vector<Network>& blocks, const IpAddress& address) {
  return std::ranges::any_of(blocks, [&](const Network& block) { return block.contains(address); });
}

bool is_public_v4(const IpAddress& address) {
  // The IANA registry of special-purpose addresses, and multicast.
  static const std::vector<Network> special = networks(
      {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
       "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
       "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"});
  return !any_contains(special, address);
}

// The IPv4 address that a translator or tunnel would carry a packet to.
std::optional<IpAddress> carried_v4(const IpAddress& address) {
  static const std::vector<Network> nat64 = networks({"64:ff9b::/96"});
  static const std::vector<Network> six_to_four = networks({"2002::/16"});
  if (any_contains(nat64, address)) return address.embedded_v4(12);
  if (any_contains(six_to_four, address)) return address.embedded_v4(2);
  return std::nullopt;
}

bool is_public_v6(const IpAddress& address) {
  // Only this block is handed out as global unicast; what is special inside it is left out.
  static const std::vector<Network> global = networks({"2000::/3"});
  static const std::vector<Network> special =
      networks({"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"});
  return any_contains(global, address) && !any_contains(special, address);
}

}  // namespace

base::Result<AddressPolicy> AddressPolicy::parse(
    const std::vector<std::string>& allowed, const std::vector<std::string>& allowed_when_named) {
  AddressPolicy policy;
  for (const auto& [blocks, into] : {std::pair{&allowed, &policy.allowed_},
                                     {&allowed_when_named, &policy.allowed_when_named_}}) {
    for (const std::string& block : *blocks) {
      const auto network = Network::parse(block);
      if (!network) {
        return base::fail(
            {.status = 400,
             .code = "bad_network",
             .message =
                 "\"" + block + "\" is not a network; write it like 10.0.0.0/8 or fd00::/8."});
      }
      into->push_back(*network);
    }
  }
  return policy;
}

AddressPolicy AddressPolicy::for_host(std::string_view host) const {
  AddressPolicy policy = *this;
  if (names_an_address(host)) {
    policy.allowed_.insert(policy.allowed_.end(), allowed_when_named_.begin(),
                           allowed_when_named_.end());
  }
  policy.allowed_when_named_.clear();
  return policy;
}

bool names_an_address(std::string_view host) {
  return host == "localhost" || IpAddress::parse(host).has_value();
}

AddressPolicy AddressPolicy::allow_all() {
  AddressPolicy policy;
  policy.all_ = true;
  return policy;
}

bool AddressPolicy::allows(std::string_view text) const {
  const auto parsed = IpAddress::parse(text);
  if (!parsed) return false;
  if (all_) return true;
  if (any_contains(allowed_, *parsed)) return true;
  const auto carried = carried_v4(*parsed);
  const IpAddress address = carried.value_or(*parsed);
  if (any_contains(allowed_, address)) return true;
  return address.is_v4() ? is_public_v4(address) : is_public_v6(address);
}

bool in_network(std::string_view address, std::string_view cidr) {
  const auto parsed = IpAddress::parse(address);
  const auto network = Network::parse(cidr);
  return parsed && network && network->contains(*parsed);
}

}  // namespace http
