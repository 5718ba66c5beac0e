#include "trends/record_rule.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace trends {
namespace {

using std::chrono::minutes;

std::vector<double> noise(std::size_t count, double mean, unsigned seed) {
  std::mt19937 random(seed);
  std::poisson_distribution<int> poisson(mean);
  std::vector<double> values(count);
  for (auto& value : values) value = poisson(random);
  return values;
}

TEST(RecordRule, ScoresStayWithinZeroAndOneForAnyInput) {
  RecordRule rule(minutes{5});
  for (const double value : {0.0, 1e18, -5.0, 3.0, 1e308, 0.0}) {
    const double score = rule.next(value);
    EXPECT_GE(score, 0);
    EXPECT_LE(score, 1);
  }
}

TEST(RecordRule, AlertsAtARiseThatWasNotThereBeforeAndThenIsSilent) {
  RecordRule rule(minutes{5});
  auto values = noise(288 * 10, 50, 3);
  for (std::size_t i = 288 * 8; i < 288 * 8 + 24; ++i) values[i] += 400;
  int alerts = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (rule.next(values[i]) <= 0.5 || i < 288 * 8) continue;
    if (alerts++ == 0) first = i;
  }
  EXPECT_EQ(first, 288U * 8);
  EXPECT_LE(alerts, 3);
}

TEST(RecordRule, NoiseAloneAlertsSeldom) {
  int alerts = 0;
  for (unsigned seed = 0; seed < 10; ++seed) {
    RecordRule rule(minutes{5});
    const auto values = noise(288 * 30, 30, seed);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (rule.next(values[i]) > 0.5 && i > 288 * 10) ++alerts;
    }
  }
  EXPECT_LE(alerts, 60);  // in 200 days of series
}

TEST(RecordRule, ASpikeLikeTheLastOneIsNoRecord) {
  RecordRule rule(minutes{5});
  auto values = noise(288 * 20, 50, 5);
  for (std::size_t day = 2; day < 20; ++day) values[day * 288 + 100] = 500;
  std::vector<std::size_t> alerts;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (rule.next(values[i]) > 0.5 && values[i] == 500) alerts.push_back(i / 288);
  }
  // The first one, and one in three days or so when the record has faded.
  EXPECT_GE(alerts.size(), 1U);
  EXPECT_LE(alerts.size(), 9U) << testing::PrintToString(alerts);
}

}  // namespace
}  // namespace trends
