#include "trends/timeline.h"

#include <random>

#include <gtest/gtest.h>

namespace trends {
namespace {

TEST(CompactAmount, IsNearTheAmount) {
  for (float value = 1.0F / 128; value < 8e6F; value *= 1.01F) {
    const Amount amount = CompactAmount({.authors = value, .posts = 2 * value});
    ASSERT_NEAR(amount.authors, value, value / 4000);
  }
  for (float whole = 0; whole <= 4096; ++whole) {
    const Amount amount = CompactAmount({.authors = whole, .posts = whole / 4});
    ASSERT_EQ(amount.authors, whole);
    ASSERT_EQ(amount.posts, whole / 4);
  }
}

TEST(CompactAmount, KeepsWithinItsBounds) {
  const Amount huge = CompactAmount({.authors = 1e12F, .posts = -1});
  EXPECT_GT(huge.authors, 8e6F);
  EXPECT_EQ(huge.posts, 0);
  const Amount none = CompactAmount({.authors = 0, .posts = 1e-9F});
  EXPECT_EQ(none.authors, 0);
  EXPECT_EQ(none.posts, 0);
}

TEST(Timeline, SaysTheSameInHalfTheMemory) {
  std::mt19937 random{3};
  Timeline compact{};
  StreamTimeline full{};
  Step step = 100'000;
  for (int i = 0; i < 20'000; ++i) {
    step += random() % 3;
    compact.advance(step, 336);
    full.advance(step, 336);
    const Amount amount{.authors = static_cast<float>(random() % 5000),
                        .posts = static_cast<float>(random() % 9000)};
    const Step at = step - random() % 200;
    compact.add(at, amount);
    full.add(at, amount);
  }
  EXPECT_NEAR(compact.past(), full.past(), full.past() / 1000);
  EXPECT_NEAR(compact.day_authors(), full.day_authors(), full.day_authors() / 1000);
}

}  // namespace
}  // namespace trends
