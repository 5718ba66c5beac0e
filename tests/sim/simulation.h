// One seed: a world, its people and its workers, through a time with faults and a quiet time after
// it, in which everything must come to an end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sim {

struct Ending {
  std::string violation;  // empty: every promise was kept
  std::uint64_t steps = 0;
  std::uint64_t fingerprint = 0;
  std::vector<std::string> story;  // when it was asked for
};

Ending simulate(std::uint64_t seed, bool keep_story);

}  // namespace sim
