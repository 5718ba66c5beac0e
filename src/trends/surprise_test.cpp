#include "trends/surprise.h"

#include <gtest/gtest.h>

namespace trends {
namespace {

TEST(Surprise, IsZeroAtAndBelowTheExpectation) {
  EXPECT_EQ(surprise(3, 3), 0);
  EXPECT_EQ(surprise(0, 3), 0);
  EXPECT_EQ(surprise(2.9, 3), 0);
}

TEST(Surprise, GrowsWithTheObservedAndFallsWithTheExpected) {
  double before = 0;
  for (double observed = 2; observed < 1e6; observed *= 1.7) {
    const double now = surprise(observed, 1);
    EXPECT_GT(now, before);
    EXPECT_GE(now, surprise(observed, 1.5));
    before = now;
  }
}

TEST(Surprise, TheSameRatioSaysMoreWithMorePeopleButNotWithoutBound) {
  EXPECT_GT(surprise(40, 10), surprise(4, 1));
  // Twice the usual is never remarkable, however large: people come in crowds.
  EXPECT_LT(surprise(2e6, 1e6), 1.5);
}

TEST(Surprise, AgreesWithTheFormulaOfTheLikelihoodRatio) {
  // o = 10, mu = 1, r = 2: 2 (10 ln 10 - 12 ln 4) = 12.7812...
  EXPECT_NEAR(surprise(10, 1), 3.5751, 1e-3);
}

TEST(Decay, HalvesPerHalfLife) {
  EXPECT_DOUBLE_EQ(decay(0, 7), 1);
  EXPECT_DOUBLE_EQ(decay(7, 7), 0.5);
  EXPECT_DOUBLE_EQ(decay(21, 7), 0.125);
}

}  // namespace
}  // namespace trends
