#include "http/proxies.h"

#include "base/text.h"

#include <algorithm>
#include <ranges>

namespace http {
namespace {

bool is_trusted(const IpAddress& address, const std::vector<Network>& trusted) {
  return std::ranges::any_of(trusted,
                             [&](const Network& network) { return network.contains(address); });
}

// "203.0.113.7", "203.0.113.7:4711", "2001:db8::1" or "[2001:db8::1]:4711".
std::optional<IpAddress> read_hop(std::string_view text) {
  text = base::trim(text);
  if (text.starts_with('[')) return IpAddress::parse(text.substr(1, text.find(']') - 1));
  if (std::ranges::count(text, ':') == 1) text = text.substr(0, text.find(':'));
  return IpAddress::parse(text);
}

// All values of a list header, in the order of the hops.
std::vector<std::string_view> list_items(const Headers& headers, std::string_view name) {
  std::vector<std::string_view> items;
  for (const auto& [key, value] : headers.all()) {
    if (!base::equals_ignore_case(key, name)) continue;
    for (const std::string_view item : base::split(value, ',')) items.push_back(item);
  }
  return items;
}

}  // namespace

void identify_client(Request& request, const IpAddress& peer, const std::vector<Network>& trusted) {
  request.remote_address = peer.text();
  request.secure = false;
  if (!is_trusted(peer, trusted)) return;

  // From the nearest hop outwards: the first address that is not a proxy of ours is the client. A
  // hop that cannot be read ends the walk, for what stands behind it was written by a stranger.
  const auto hops = list_items(request.headers, "X-Forwarded-For");
  for (const std::string_view text : hops | std::views::reverse) {
    const auto hop = read_hop(text);
    if (!hop) break;
    request.remote_address = hop->text();
    if (!is_trusted(*hop, trusted)) break;
  }
  const auto schemes = list_items(request.headers, "X-Forwarded-Proto");
  request.secure =
      !schemes.empty() && base::equals_ignore_case(base::trim(schemes.back()), "https");
}

}  // namespace http
