#include "trends/stories.h"

#include "trends/stage_test.h"
#include "trends/trend_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::Contains;
using testing::Not;

// Thirty accounts that all post the same words twenty times each.
TEST(Stories, ACoordinatedFloodIsFlaggedAndFallsBehind) {
  Stage stage;
  stage.usual(hours{26});
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 30; ++i) stage.say(fmt::format("bot{}", i), "vote for #OurStar now");
    if (round < 3) {
      for (int i = 0; i < 10; ++i) {
        stage.say(fmt::format("c{}-{}", round, i),
                  fmt::format("bridge closed #RiverFlood report {}", stage.word()));
      }
    }
    stage.usual(minutes{3});
  }
  EXPECT_THAT(stage.shown(1), Contains("#riverflood"));
  for (const Trend& trend : stage.detector.top()) {
    if (trend.topic == "#ourstar") EXPECT_TRUE(trend.coordinated);
  }
  std::vector<std::string> first = stage.shown(1);
  EXPECT_THAT(first, testing::Not(Contains("#ourstar")));
}

// A hundred new accounts, each with one post that was changed a little, and people who quote one
// headline.
TEST(Stories, ACampaignOfManyAccountsDoesNotTrendButAHeadlineDoes) {
  Stage stage;
  stage.usual(hours{26});
  for (int i = 0; i < 100; ++i) {
    stage.say(fmt::format("fresh{}", i),
              fmt::format("everybody {} knows that candidate Weller will save our towns and bring "
                          "honest work #WellerNow",
                          stage.word()));
    if (i % 3 == 0) {
      stage.say(fmt::format("reader{}", i),
                fmt::format("Old lighthouse falls into the sea after stormy night near Brackwater "
                            "https://news.example/lighthouse {}",
                            stage.word()));
    }
    if (i % 10 == 0) stage.usual(minutes{2});
  }
  stage.usual(minutes{5});
  EXPECT_FALSE(stage.shows("#wellernow")) << testing::PrintToString(stage.shown());
  EXPECT_THAT(stage.shown(1), Contains("news.example/lighthouse"));
}

// The older story has the higher score for hours to come, but it is known by then.
TEST(Stories, OfTwoTheYoungerComesFirstBeforeTheOlderHasFaded) {
  Stage stage;
  stage.usual(hours{26});
  for (int i = 0; i < 40; ++i)
    stage.say(fmt::format("a{}", i), fmt::format("look at #eclipse {}", stage.word()));
  for (int i = 0; i < 10; ++i) {
    stage.usual(minutes{30});
    stage.say(fmt::format("later{}", i), fmt::format("still at #eclipse {}", stage.word()));
  }
  for (int i = 0; i < 22; ++i)
    stage.say(fmt::format("b{}", i), fmt::format("look at #comet {}", stage.word()));
  stage.usual(minutes{5});
  const auto top = stage.detector.top({.limit = 2});
  ASSERT_EQ(top.size(), 2U);
  EXPECT_EQ(top[0].topic, "#comet");
  EXPECT_EQ(top[1].topic, "#eclipse");
  EXPECT_LT(top[0].score, top[1].score);
}

// It was on the list for half a day, and then it happens.
TEST(Stories, WhatRisesAgainByAMultipleIsYoungAgain) {
  Stage stage;
  stage.usual(hours{26});
  for (int i = 0; i < 60; ++i) {
    stage.say(fmt::format("early{}", i), fmt::format("soon #summit {}", stage.word()));
    stage.usual(minutes{12});
  }
  for (int i = 0; i < 25; ++i)
    stage.say(fmt::format("b{}", i), fmt::format("look at #comet {}", stage.word()));
  stage.usual(minutes{5});
  ASSERT_THAT(stage.shown(2), Contains("#summit"));
  for (int i = 0; i < 300; ++i)
    stage.say(fmt::format("a{}", i), fmt::format("now at #summit {}", stage.word()));
  stage.usual(minutes{5});
  EXPECT_THAT(stage.shown(1), Contains("#summit")) << testing::PrintToString(stage.shown());
}

TEST(Stories, WhatNobodyTalksAboutAnyMoreIsOver) {
  Stage stage;
  stage.usual(hours{26});
  for (int i = 0; i < 60; ++i)
    stage.say(fmt::format("a{}", i), fmt::format("look at #eclipse {}", stage.word()));
  stage.usual(hours{1});
  EXPECT_TRUE(stage.shows("#eclipse"));
  stage.usual(hours{2});
  EXPECT_FALSE(stage.shows("#eclipse"));
  for (int i = 0; i < 20; ++i)
    stage.say(fmt::format("b{}", i), fmt::format("again the #eclipse {}", stage.word()));
  stage.usual(minutes{5});
  EXPECT_TRUE(stage.shows("#eclipse"));
}

TEST(Stories, OneVoiceThatDrownsAFewFallsBehind) {
  Stage stage;
  stage.usual(hours{30});
  const auto say = [&](const std::string& author, const std::string& tag) {
    stage.say(author, fmt::format("#{} {} {} {}", tag, stage.word(), stage.word(), stage.word()));
  };
  for (int minute = 0; minute < 60; ++minute) {
    if (minute % 4 == 0) say(fmt::format("quiet{}", minute), "quiet");
    if (minute % 4 == 0) say(fmt::format("drowned{}", minute), "drowned");
    say("shouter", "drowned");
    stage.usual(minutes{1});
  }
  const auto trends = stage.detector.top({.limit = 50});
  const auto quiet = std::ranges::find(trends, "#quiet", &Trend::topic);
  ASSERT_NE(quiet, trends.end());
  EXPECT_FALSE(quiet->coordinated);
  // It keeps a twentieth of its score: too little for a line.
  EXPECT_EQ(std::ranges::find(trends, "#drowned", &Trend::topic), trends.end());
}

TEST(Stories, IsLabelledByItsTagRatherThanByAWord) {
  Stage stage;
  stage.usual(hours{26});
  for (int i = 0; i < 30; ++i) {
    stage.say(fmt::format("a{}", i), fmt::format("{} zorblax {} {}{}", stage.word(), stage.word(),
                                                 stage.word(), i % 3 == 0 ? "" : " #ZorblaxDay"));
    if (i % 10 == 0) stage.usual(minutes{1});
  }
  stage.usual(minutes{5});
  const auto top = stage.detector.top();
  ASSERT_EQ(top.size(), 1U) << testing::PrintToString(stage.shown());
  EXPECT_EQ(top[0].topic, "zorblax") << "more people say the word";
  EXPECT_EQ(top[0].label, "#ZorblaxDay");
  EXPECT_THAT(top[0].aliases, Contains("#zorblaxday"));
  for (const CoTerm& term : top[0].co_terms) EXPECT_NE(term.text, "#zorblaxday");
  const auto stored = to_stored(top[0], {.label = top[0].label});
  EXPECT_THAT(json::serialize(stored.at("aliases")),
              testing::AllOf(testing::HasSubstr("zorblax"), Not(testing::HasSubstr("zorblaxday"))));
}

TEST(Stories, OneStoryIsOneEntry) {
  Stage stage;
  stage.usual(hours{26});
  for (int i = 0; i < 30; ++i) {
    stage.say(
        fmt::format("a{}", i),
        fmt::format("Harbour Tunnel opens #HarbourTunnel $HTUN https://news.example/tunnel {}",
                    stage.word()));
    if (i % 10 == 0) stage.usual(minutes{1});
  }
  stage.usual(minutes{5});
  const auto top = stage.detector.top();
  ASSERT_EQ(top.size(), 1U) << testing::PrintToString(stage.shown());
  EXPECT_THAT(stage.shown(), testing::IsSupersetOf({"#harbourtunnel", "harbour tunnel", "$htun",
                                                    "news.example/tunnel"}));
  EXPECT_TRUE(top[0].label.find('H') != std::string::npos ||
              top[0].label.find("news") != std::string::npos);
}

}  // namespace
}  // namespace trends
