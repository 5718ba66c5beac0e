#include "trends/record_rule.h"

#include <algorithm>
#include <cmath>

namespace trends {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<seconds, 3> smoothing = {seconds{0}, minutes{30}, hours{3}};
constexpr seconds baseline_half_life = days{7};
constexpr seconds record_half_life = days{32};
constexpr seconds silence = hours{12};
constexpr seconds learning = days{1};
constexpr std::int64_t learning_least = 20;  // values
constexpr double record_floor = 1;
constexpr double clearly =
    1.05;  // times the record: it fades by 2 % a day, and equal days are no news
constexpr double spread_floor =
    0.45;                   // of 2 sqrt(count): what chance alone makes of small counts is near 1
constexpr double clip = 3;  // spreads
constexpr double half_score =
    3;  // spreads above the mean that score half way between alert and certainty

double steps_in(seconds time, seconds step) {
  return static_cast<double>(time.count()) /
         static_cast<double>(std::max<std::int64_t>(1, step.count()));
}

double alpha_of(double half_life_steps) {
  return half_life_steps < 1 ? 1 : 1 - std::exp2(-1 / half_life_steps);
}

}  // namespace

RecordRule::RecordRule(seconds step)
    : baseline_alpha_(alpha_of(steps_in(baseline_half_life, step))),
      record_fade_(std::exp2(-1 / steps_in(record_half_life, step))),
      silence_(static_cast<std::int64_t>(steps_in(silence, step))),
      learning_(std::max(learning_least, static_cast<std::int64_t>(steps_in(learning, step)))) {
  for (std::size_t i = 0; i < scales; ++i)
    scales_[i].alpha = alpha_of(steps_in(smoothing[i], step));
}

double RecordRule::next(double value) {
  const double level = 2 * std::sqrt(std::max(value, 0.0) + 0.375);
  ++count_;
  double passed = 0;
  double nearness = 0;
  for (Scale& scale : scales_) {
    const double record = std::max(scale.record * record_fade_, record_floor);
    const double spreads = judge(scale, level);
    scale.record = record;
    const bool passes = count_ > learning_least && spreads > clearly * record;
    // Only what passes clearly is a record: a slow rise must not creep past by small steps.
    if (passes) scale.record = spreads;
    if (count_ <= learning_) continue;
    if (passes) {
      passed = std::max(passed, spreads);
    } else {
      nearness = std::max(nearness, spreads / (clearly * record));
    }
  }
  if (passed == 0 || count_ <= quiet_until_) return 0.25 * nearness;
  quiet_until_ = count_ + silence_;
  return 0.5 + 0.5 * passed / (passed + half_score);
}

// How many spreads the smoothed level is above its mean; then learns from it.
double RecordRule::judge(Scale& scale, double level) {
  const double share = 1 / static_cast<double>(count_);
  scale.smooth += std::max(scale.alpha, share) * (level - scale.smooth);
  if (count_ == 1) scale.mean = scale.smooth;
  const double spread = std::sqrt(scale.variance) + spread_floor;
  const double distance = scale.smooth - scale.mean;
  const double learned = std::clamp(distance, -clip * spread, clip * spread);
  const double alpha = std::max(baseline_alpha_, share);
  scale.mean += alpha * learned;
  scale.variance = (1 - alpha) * (scale.variance + alpha * learned * learned);
  return distance / spread;
}

}  // namespace trends
