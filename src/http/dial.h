// Opens a TCP connection to the host of a URL: resolves, checks each address against the policy,
// connects, goes through the proxy that the environment names. All within one deadline.
#pragma once

#include "http/address_policy.h"
#include "http/client.h"
#include "http/outgoing_proxy.h"
#include "http/url.h"

#include <expected>

namespace http {

using SteadyTime = std::chrono::steady_clock::time_point;

using Dialled = std::expected<asio::ip::tcp::socket, TransportError>;

// Every failure is not_sent: nothing of what is to be said has been said yet.
io::Task<Dialled> dial(Url url, AddressPolicy addresses, ProxySettings proxies,
                       SteadyTime deadline);

}  // namespace http
