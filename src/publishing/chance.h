// Jitter where no test or simulator hands out chances of its own.
#pragma once

#include <random>

namespace publishing {

// In [0, 1).
inline double random_chance() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(engine);
}

}  // namespace publishing
