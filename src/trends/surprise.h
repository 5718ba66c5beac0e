// The statistic of the detector: how surprising is it that `observed` authors came where `expected`
// were?
//
// The signed root of the likelihood ratio of a negative binomial with size `spread` (counts of
// people are far more scattered than Poisson), which is 0 at or below the expectation and grows
// like a z score for small counts and like the root of the log ratio for large ones. Pure
// functions; no state.
#pragma once

#include <algorithm>
#include <cmath>

namespace trends {

inline constexpr double surprise_spread = 2.0;

inline double surprise(double observed, double expected, double spread = surprise_spread) {
  if (observed <= expected) return 0;
  const double evidence = observed * std::log(observed / expected) -
                          (observed + spread) * std::log((observed + spread) / (expected + spread));
  return std::sqrt(2 * std::max(evidence, 0.0));
}

// The weight of something `age` old when it halves every `half_life` (same unit).
inline double decay(double age, double half_life) { return std::exp2(-age / half_life); }

}  // namespace trends
