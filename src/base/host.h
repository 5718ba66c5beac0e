// The name of this machine, for logs, leases and heartbeats.
#pragma once

#include <string>

namespace base {

// Empty when the system does not say.
std::string host_name();

}  // namespace base
