#include "results/best_times.h"

#include <gtest/gtest.h>

namespace results {
namespace {

using namespace std::chrono_literals;

const base::Instant monday = *base::parse_rfc3339("2026-11-23T00:00:00Z");

// Each day for four weeks at 09:00 and 18:00 UTC; the evening does better, Thursdays best.
std::vector<Outcome> four_weeks() {
  std::vector<Outcome> outcomes;
  for (int day = 0; day < 28; ++day) {
    const base::Instant midnight = monday - std::chrono::days{28 - day};
    const std::int64_t bonus = day % 7 == 3 ? 20 : 0;
    outcomes.push_back({.published_at = midnight + 9h, .reactions = 5 + bonus});
    outcomes.push_back({.published_at = midnight + 18h, .reactions = 15 + bonus});
  }
  return outcomes;
}

TEST(BestTimes, FollowFromWhatDidWell) {
  const auto times = best_times(four_weeks(), "UTC", monday);
  ASSERT_EQ(times.size(), 1u) << "the morning is below the average";
  EXPECT_EQ(times[0].hour, 18);
  EXPECT_EQ(times[0].weekday, 4);
  EXPECT_EQ(times[0].posts, 28u);
  EXPECT_GT(times[0].percent, 0);
  EXPECT_EQ(times[0].next, *base::parse_rfc3339("2026-11-26T18:00:00Z"));
}

TEST(BestTimes, AreToldOnTheWallClockOfTheZone) {
  const auto times = best_times(four_weeks(), "Asia/Tokyo", monday);
  ASSERT_FALSE(times.empty());
  EXPECT_EQ(times[0].hour, 3);  // 18:00 UTC, the day after
  EXPECT_EQ(base::to_wall_time(times[0].next, "Asia/Tokyo").substr(11), "03:00:00");
  EXPECT_GT(times[0].next, monday);
}

TEST(BestTimes, SayNothingOutOfFewPosts) {
  auto few = four_weeks();
  few.resize(posts_min - 1);
  EXPECT_TRUE(best_times(few, "UTC", monday).empty());
}

TEST(BestTimes, OnePostThatEverybodySawDoesNotDecide) {
  auto outcomes = four_weeks();
  outcomes.push_back({.published_at = monday - 21h, .reactions = 1'000'000});
  for (const BestTime& time : best_times(outcomes, "UTC", monday)) EXPECT_NE(time.hour, 3);
}

TEST(BestTimes, WhereAllIsAlikeNothingIsBest) {
  auto outcomes = four_weeks();
  for (Outcome& outcome : outcomes) outcome.reactions = 3;
  EXPECT_TRUE(best_times(outcomes, "UTC", monday).empty());
}

}  // namespace
}  // namespace results
