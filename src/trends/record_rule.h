// RecordRule: an alert when a series rises higher above its usual level than it lately ever did.
//
// What: the value is made even-spread (2 sqrt(x + 3/8)) and smoothed at three scales (as it is,
// half an hour, three hours). Each scale has its own mean and spread, forgotten over weeks and
// blind to bursts (updates are clipped), and its own record of how many spreads it was above its
// mean, which fades over a month. Passing the record is an alert; then there is silence for half a
// day. Why: no threshold has to fit all series, a quiet one and a wild one alike; each sets its
// own. Constants are times and spreads that hold for any series; see docs/trends.md for how they
// were checked. Pure; one owner; O(1) per value.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace trends {

class RecordRule {
 public:
  // The step between values; more than half an hour leaves out the scale that it exceeds.
  explicit RecordRule(std::chrono::seconds step);

  // The score of the next value, 0..1: above 0.5 is an alert (the higher the more spreads above the
  // mean), below it how near the record was.
  double next(double value);

 private:
  static constexpr std::size_t scales = 3;

  struct Scale {
    double alpha = 1;  // of the smoothing
    double smooth = 0;
    double mean = 0;
    double variance = 0;
    double record = 1;
  };

  double judge(Scale& scale, double level);

  double baseline_alpha_;
  double record_fade_;
  std::int64_t silence_;
  std::int64_t learning_;  // values before the first alert
  std::int64_t count_ = 0;
  std::int64_t quiet_until_ = 0;
  std::array<Scale, scales> scales_;
};

}  // namespace trends
