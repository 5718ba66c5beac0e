#include "trends/source_weights.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

std::vector<Mention> posts_by(int authors) {
  std::vector<Mention> mentions;
  for (int i = 0; i < authors * 3; ++i) {
    mentions.push_back({.id = std::to_string(i), .author = "a" + std::to_string(i % authors)});
  }
  return mentions;
}

TEST(SourceWeights, AreReadAndBadOnesLeftOut) {
  const SourceWeights expected{{"mastodon", 0.5}, {"feed", 0}};
  EXPECT_EQ(parse_source_weights(" mastodon = 0.5, feed=0 ,jetstream=2,x,=1,y=0.5z,,"), expected);
  EXPECT_TRUE(parse_source_weights("").empty());
}

TEST(SourceWeights, CountAShareOfTheAuthorsAlways) {
  auto mentions = posts_by(3000);
  thin(mentions, 0.25);
  EXPECT_NEAR(static_cast<double>(mentions.size()) / 9000, 0.25, 0.03);
  std::map<std::string, int> posts;
  for (const Mention& mention : mentions) ++posts[mention.author];
  EXPECT_TRUE(std::ranges::all_of(posts, [](const auto& each) { return each.second == 3; }))
      << "an author counts always or never";
  auto again = posts_by(3000);
  thin(again, 0.25);
  EXPECT_EQ(again.size(), mentions.size());
}

TEST(SourceWeights, OneIsAllAndNoughtIsNone) {
  auto mentions = posts_by(10);
  thin(mentions, 1);
  EXPECT_EQ(mentions.size(), 30U);
  mentions.push_back({.id = "list", .weight = 80});
  thin(mentions, 0);
  EXPECT_TRUE(mentions.empty());
}

TEST(SourceWeights, LinesOfListsCountForLess) {
  std::vector<Mention> mentions{{.id = "list", .weight = 80}};
  thin(mentions, 0.5);
  ASSERT_EQ(mentions.size(), 1U);
  EXPECT_EQ(mentions[0].weight, 40);
}

}  // namespace
}  // namespace trends
