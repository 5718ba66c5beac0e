// Counts calls in fixed windows, as networks' own limits do.
#pragma once

#include "base/time.h"

#include <chrono>
#include <cstdint>

namespace networks::doubles {

class RateLimit {
 public:
  RateLimit(std::int64_t max, std::chrono::seconds window) : max_(max), window_(window) {}

  // False when the window is used up.
  bool spend(base::Instant now, std::int64_t cost = 1) {
    if (now >= ends_) {
      ends_ = now + window_;
      used_ = 0;
    }
    if (used_ + cost > max_) return false;
    used_ += cost;
    return true;
  }
  std::int64_t max() const { return max_; }
  std::int64_t left() const { return max_ - used_; }
  base::Instant ends() const { return ends_; }

 private:
  std::int64_t max_;
  std::chrono::seconds window_;
  std::int64_t used_ = 0;
  base::Instant ends_{};
};

}  // namespace networks::doubles
