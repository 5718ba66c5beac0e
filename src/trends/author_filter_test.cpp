#include "trends/author_filter.h"

#include "trends/hashing.h"

#include <gtest/gtest.h>

namespace trends {
namespace {

AuthorPrint author(std::uint64_t number) { return author_print(mix(number + 1, hash_step)); }

struct Topic {
  AuthorBlocks blocks{64};
  AuthorLine line{};
  std::uint32_t block = 0;

  double insert(std::uint64_t number) { return blocks.insert(line, block, author(number)); }
  void age(std::int64_t half_hour, std::int64_t passed) {
    blocks.age(line, block, half_hour, passed);
  }
};

TEST(AuthorFilter, CountsEachAuthorOnceHoweverOftenHeComes) {
  Topic topic;
  double sum = 0;
  for (int i = 0; i < 1000; ++i) sum += topic.insert(7);
  EXPECT_EQ(sum, 1);
}

TEST(AuthorFilter, IsExactForAsManyAsTheLinesHold) {
  Topic topic;
  double sum = 0;
  for (int round = 0; round < 5; ++round) {
    for (std::uint64_t i = 0; i < 50; ++i) sum += topic.insert(i);
  }
  EXPECT_EQ(sum, 50);
  EXPECT_EQ(topic.blocks.grain(topic.line, topic.block), 1);
}

// Sampling keeps the sum near the truth, whatever the number, and repeats change nothing.
TEST(AuthorFilter, EstimatesManyAuthorsWithoutBias) {
  for (const std::uint64_t count : {300U, 3'000U, 30'000U}) {
    double mean = 0;
    constexpr int topics = 30;
    for (std::uint64_t t = 0; t < topics; ++t) {
      Topic topic;
      for (int round = 0; round < 2; ++round) {
        for (std::uint64_t i = 0; i < count; ++i) mean += topic.insert(t * 1'000'000 + i) / topics;
      }
    }
    EXPECT_NEAR(mean / static_cast<double>(count), 1, 0.06) << count;
  }
}

TEST(AuthorFilter, ForgetsWhoWasSilentForADayAndNobodyBeforeHalfADay) {
  Topic topic;
  for (std::uint64_t i = 0; i < 10; ++i) topic.insert(i);
  topic.age(1000 + 24, 24);
  double again = 0;
  for (std::uint64_t i = 0; i < 5; ++i) again += topic.insert(i);
  EXPECT_EQ(again, 0);
  topic.age(1000 + 72, 48);
  again = 0;
  for (std::uint64_t i = 0; i < 10; ++i) again += topic.insert(i);
  EXPECT_EQ(again, 10);
}

// Whoever keeps talking is never new again, at any hour of the clock.
TEST(AuthorFilter, AVoiceThatKeepsTalkingCountsOnce) {
  Topic topic;
  double sum = 0;
  for (std::int64_t half_hour = 0; half_hour < 1000; ++half_hour) {
    topic.age(half_hour, 1);
    for (std::uint64_t i = 0; i < 40; ++i) sum += topic.insert(i);
  }
  EXPECT_EQ(sum, 40);
}

TEST(AuthorFilter, GivesItsBlockBackWhenEverybodyLeft) {
  Topic topic;
  for (std::uint64_t i = 0; i < 40; ++i) topic.insert(i);
  EXPECT_NE(topic.block, 0U);
  topic.age(5000, 100);
  EXPECT_EQ(topic.block, 0U);
  EXPECT_EQ(topic.insert(1), 1);
}

TEST(AuthorFilter, WorksOnWithoutBlocksWhenAllAreTaken) {
  AuthorBlocks blocks(1);
  AuthorLine first{};
  AuthorLine second{};
  std::uint32_t first_block = 0;
  std::uint32_t second_block = 0;
  double sum = 0;
  for (std::uint64_t i = 0; i < 40; ++i) {
    blocks.insert(first, first_block, author(i));
    sum += blocks.insert(second, second_block, author(i));
  }
  EXPECT_EQ(second_block, 0U);
  EXPECT_GT(sum, 15);
  EXPECT_LT(sum, 100);
}

}  // namespace
}  // namespace trends
