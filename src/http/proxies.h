// Who a request comes from when proxies stand in between: X-Forwarded-* counts only as far as
// trusted proxies wrote it.
#pragma once

#include "http/ip_address.h"
#include "http/message.h"

#include <vector>

namespace http {

// Fills remote_address and secure. `peer` is the numeric address at the other end of the
// connection.
void identify_client(Request& request, const IpAddress& peer, const std::vector<Network>& trusted);

}  // namespace http
