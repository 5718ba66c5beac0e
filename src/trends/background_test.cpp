#include "trends/background.h"

#include <gtest/gtest.h>

namespace trends {
namespace {

constexpr double half_life = 336;  // a week of half hours

TEST(Background, RemembersAtLeastWhatWasAddedAndHalvesIt) {
  Background background(1024, half_life);
  background.add(7, 10, 1000);
  background.add(7, 4, 1000);
  EXPECT_DOUBLE_EQ(background.authors(7, 1000), 14);
  EXPECT_NEAR(background.authors(7, 1336), 7, 1e-5);
  EXPECT_EQ(background.authors(8, 1000), 0);
}

TEST(Background, RaisingTwiceDoesNotAddUp) {
  Background background(1024, half_life);
  background.add(7, 10, 1000);
  for (int i = 0; i < 100; ++i) background.raise(7, background.authors(7, 1000) + 0.01, 1000);
  EXPECT_NEAR(background.authors(7, 1000), 11, 1e-3);
}

TEST(Background, OverestimatesLittleWhenFull) {
  Background background(1 << 14, half_life);
  for (std::uint64_t i = 0; i < 5000; ++i) background.add(i, 1, 1000);
  double sum = 0;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    EXPECT_GE(background.authors(i, 1000), 1);
    sum += background.authors(i, 1000);
  }
  EXPECT_LT(sum / 5000, 1.4);
}

}  // namespace
}  // namespace trends
