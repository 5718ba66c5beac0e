// The connectors of the simulated networks, written as those of the program are: stateless, over
// HTTP, and as honest about what an answer means.
#pragma once

#include "networks/network.h"

#include <string>
#include <string_view>
#include <vector>

namespace sim {

// An answer that the connectors have a bug for: they throw.
inline constexpr int status_of_a_bug = 299;

const networks::Network* simulated_network(std::string_view id);
// "alpha" and "amber" are of class A, "bravo" of class B, "charlie" of class C; "amber" takes a
// thread in one request; "alpha" and "bravo" prepare in steps; "amber" and
// "charlie" have budgets; tokens
// of "alpha" run out.
const std::vector<std::string>& simulated_networks();

}  // namespace sim
