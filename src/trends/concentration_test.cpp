#include "trends/concentration.h"

#include "trends/stage_test.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TEST(Concentration, FlagsSayWhy) {
  using testing::ElementsAre;
  EXPECT_TRUE(flags_of({.posts_per_author = 1.2, .effective_authors = 20}).empty());
  EXPECT_THAT(flags_of({.posts_per_author = 9}), ElementsAre("few_hands"));
  EXPECT_THAT(flags_of({.posts_per_author = 1, .duplicate_share = 0.7}), ElementsAre("copies"));
  EXPECT_THAT(flags_of({.posts_per_author = 4, .top_author_share = 0.6}), ElementsAre("one_voice"));
  EXPECT_TRUE(flags_of({.posts_per_author = 1.8, .top_author_share = 0.6}).empty())
      << "a small story with one eager author";
  EXPECT_THAT(flags_of({.posts_per_author = 40, .duplicate_share = 1, .top_author_share = 1}),
              ElementsAre("few_hands", "copies", "one_voice"));
}

TEST(Concentration, EveryFurtherPostOfEverybodyCostsTrust) {
  EXPECT_EQ(trust_in({.posts_per_author = 1}), 1);
  EXPECT_EQ(trust_in({.posts_per_author = 2}), 1);
  EXPECT_NEAR(trust_in({.posts_per_author = 5}), std::sqrt(0.05), 1e-9);
  EXPECT_NEAR(trust_in({.posts_per_author = 7.999}), 0.05, 0.001);
  EXPECT_EQ(trust_in({.posts_per_author = 9}), 0.05);
  EXPECT_EQ(trust_in({.posts_per_author = 1, .duplicate_share = 0.7}), 0.05);
}

// Seen before each of them has written eight times.
TEST(Concentration, AFloodByFiveIsNotShownInItsFirstMinutes) {
  Stage stage;
  stage.usual(hours{26});
  for (int i = 0; i < 20; ++i)
    stage.say(fmt::format("loud{}", i % 5),
              fmt::format("{} {} #BuyThis", stage.word(), stage.word()));
  stage.usual(minutes{5});
  EXPECT_FALSE(stage.shows("#buythis")) << testing::PrintToString(stage.shown());
}

// Of three sentences, each said in six ways, no two posts need have much in common.
TEST(Concentration, PostsPutTogetherFromPiecesAreCopies) {
  Stage stage;
  stage.usual(hours{26});
  std::vector<std::vector<std::string>> pieces(3);
  for (auto& piece : pieces) {
    for (int i = 0; i < 6; ++i)
      piece.push_back(
          fmt::format("{} {} {} {}", stage.word(), stage.word(), stage.word(), stage.word()));
  }
  const auto some = [&](std::size_t of) { return pieces[of][stage.random() % 6]; };
  for (int i = 0; i < 120; ++i) {
    stage.say(fmt::format("net{}", i), fmt::format("{} {} {} #Woven", some(0), some(1), some(2)));
    stage.say(fmt::format("people{}", i),
              fmt::format("{} {} harbour fire {} {} {} #HarbourFire", stage.word(), stage.word(),
                          stage.word(), stage.word(), stage.word()));
    if (i % 20 == 0) stage.usual(minutes{1});
  }
  stage.usual(minutes{5});
  EXPECT_TRUE(stage.shows("#harbourfire")) << testing::PrintToString(stage.shown());
  EXPECT_FALSE(stage.shows("#woven")) << testing::PrintToString(stage.shown());
}

}  // namespace
}  // namespace trends
