#include "trends/stage_test.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using base::Instant;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;

TEST(Detector, ATopicThatManyTakeUpComesFirstWithItsReasons) {
  Stage stage;
  stage.usual(hours{30});
  const Instant rise = stage.now;
  for (int i = 0; i < 30; ++i) {
    stage.say(fmt::format("fan{}", i),
              fmt::format("what a #GrandFinale tonight, the curtain {} was great{}", stage.word(),
                          i % 2 == 0 ? ", and an encore" : ""));
    stage.usual(minutes{1});
  }
  const auto top = stage.detector.top({.limit = 3});
  ASSERT_FALSE(top.empty());
  const Trend& trend = top[0];
  EXPECT_THAT(stage.shown(1), Contains("#grandfinale"));
  EXPECT_GE(trend.authors, 15);
  EXPECT_LT(trend.expected, 1.5);
  EXPECT_GT(trend.ratio, 10);
  EXPECT_LE(trend.since, rise + minutes{10});
  EXPECT_GE(trend.since, rise - minutes{10});
  EXPECT_FALSE(trend.coordinated);
  ASSERT_GE(trend.samples.size(), 3U);
  EXPECT_NE(trend.samples[0].author, trend.samples[1].author);
  EXPECT_EQ(trend.samples[0].source, "test");
  EXPECT_EQ(trend.sources, (std::vector<Share>{{.name = "test", .share = 1}}));
  EXPECT_EQ(trend.languages[0].name, "en");
  EXPECT_FALSE(trend.co_terms.empty());
  EXPECT_NE(trend.explanation.find("authors"), std::string::npos);
  EXPECT_EQ(trend.id.size(), 16U);
  const auto found = stage.detector.find(trend.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, trend);
  EXPECT_FALSE(stage.detector.find("0000000000000001"));
  EXPECT_FALSE(stage.detector.find("not an id"));
}

TEST(Detector, NothingOfASteadyStreamTrends) {
  Stage stage;
  stage.usual(hours{24});
  std::set<std::string> shown;
  for (int i = 0; i < 96; ++i) {
    stage.usual(minutes{15});
    for (const auto& topic : stage.shown()) shown.insert(topic);
  }
  EXPECT_LE(shown.size(), 2U) << testing::PrintToString(shown);
}

TEST(Detector, OneAuthorWithAThousandPostsMovesNothing) {
  Stage stage;
  stage.usual(hours{26});
  for (int i = 0; i < 1000; ++i) {
    stage.say("shouter", fmt::format("buy #MagicPills now {}", i));
    if (i % 100 == 0) stage.usual(minutes{2});
    ASSERT_FALSE(stage.shows("#magicpills"));
  }
}

TEST(Detector, AThousandPostsByThreeAuthorsMoveNothingEvenOverDays) {
  Stage stage;
  stage.usual(hours{26});
  for (int i = 0; i < 1000; ++i) {
    stage.say(fmt::format("shouter{}", i % 3), fmt::format("join #SecretDeal today {}", i));
    if (i % 10 == 0) stage.usual(minutes{20});
    if (i % 50 == 0) {
      ASSERT_FALSE(stage.shows("#secretdeal")) << i;
    }
  }
}

TEST(Detector, FourAuthorsAreTooFewAndFiveSuffice) {
  Stage stage;
  stage.usual(hours{26});
  for (int i = 0; i < 4; ++i)
    stage.say(fmt::format("a{}", i), fmt::format("look #fourvoices {}", stage.word()));
  for (int i = 0; i < 7; ++i)
    stage.say(fmt::format("b{}", i), fmt::format("look #sevenvoices {}", stage.word()));
  stage.usual(minutes{5});
  EXPECT_FALSE(stage.shows("#fourvoices"));
  EXPECT_TRUE(stage.shows("#sevenvoices"));
}

TEST(Detector, ScoresHalveInFourHours) {
  Stage stage;
  stage.usual(hours{26});
  for (int i = 0; i < 40; ++i)
    stage.say(fmt::format("a{}", i), fmt::format("look at #eclipse {}", stage.word()));
  stage.usual(minutes{5});
  const auto before = stage.detector.top({.limit = 1, .text = "#eclipse"});
  ASSERT_EQ(before.size(), 1U);
  stage.usual(hours{4});
  const auto after = stage.detector.find(before[0].id);
  ASSERT_TRUE(after);
  EXPECT_NEAR(after->score / before[0].score, 0.5, 0.02);
  EXPECT_EQ(after->last_peak, before[0].last_peak);
  stage.usual(hours{24});
  EXPECT_FALSE(stage.shows("#eclipse"));
}

TEST(Detector, WhatReturnsEveryDayIsNoNewsFromTheThirdDayOn) {
  Stage stage;
  stage.usual(hours{26});
  int shown_late = 0;
  for (int day = 0; day < 6; ++day) {
    for (int i = 0; i < 30; ++i) {
      stage.say(fmt::format("player{}-{}", day, i),
                fmt::format("my guess for #DailyPuzzle is {}", stage.word()));
      stage.usual(minutes{2});
      if (day >= 3 && stage.shows("#dailypuzzle")) ++shown_late;
    }
    stage.usual(hours{23});
  }
  EXPECT_EQ(shown_late, 0);
}

TEST(Detector, MoreTrafficAloneIsNoNews) {
  Stage stage;
  stage.usual(hours{48});
  // The same mixture, eight times as much.
  std::set<std::string> shown;
  for (const Instant end = stage.now + hours{6}; stage.now < end; stage.now += minutes{1}) {
    for (int i = 0; i < 80; ++i) {
      stage.say(fmt::format("new{}", stage.random() % 40'000),
                fmt::format("everyday{} chatter{} about whatever{}", stage.random() % 20,
                            stage.random() % 20, stage.random() % 400));
    }
    if (base::to_micros(stage.now) / 60'000'000 % 5 != 0) continue;
    stage.detector.tick(stage.now);
    for (const auto& topic : stage.shown()) shown.insert(topic);
  }
  EXPECT_LE(shown.size(), 3U) << testing::PrintToString(shown);
}

TEST(Detector, OrderWithinTheDayDoesNotMatterAndOldPostsAreDropped) {
  Stage ordered;
  Stage mixed;
  std::vector<Mention> posts;
  for (int i = 0; i < 40; ++i) {
    Mention mention =
        ordered.post(fmt::format("a{}", i), fmt::format("look #latecomer {}", ordered.word()));
    mention.at = start + hours{30} + minutes{i};
    posts.push_back(mention);
  }
  ordered.usual(hours{32});
  mixed.usual(hours{32});
  ordered.detector.feed("late", posts, ordered.now);
  std::ranges::shuffle(posts, mixed.random);
  mixed.detector.feed("late", posts, mixed.now);
  ordered.detector.tick(ordered.now);
  mixed.detector.tick(mixed.now);
  ASSERT_TRUE(ordered.shows("#latecomer"));
  const auto a = ordered.detector.top({.limit = 1, .text = "#latecomer"})[0];
  const auto b = mixed.detector.top({.limit = 1, .text = "#latecomer"})[0];
  EXPECT_EQ(a.authors, b.authors);
  EXPECT_EQ(a.posts, b.posts);

  Mention old = ordered.post("z", "#latecomer");
  old.at = ordered.now - hours{25};
  const auto before = ordered.detector.stats();
  ordered.detector.feed("test", {&old, 1}, ordered.now);
  EXPECT_EQ(ordered.detector.stats().late, before.late + 1);
  EXPECT_EQ(ordered.detector.stats().mentions, before.mentions);
}

TEST(Detector, APostFromTheFutureCountsAsNow) {
  Stage stage;
  Mention mention = stage.post("a", "#tomorrow");
  mention.at = stage.now + days{400};
  stage.detector.feed("test", {&mention, 1}, stage.now);
  EXPECT_EQ(stage.detector.stats().future, 1U);
  EXPECT_EQ(stage.detector.stats().now, stage.now);
  stage.detector.tick(stage.now + minutes{5});
}

TEST(Detector, TheSamePostTwiceCountsOnce) {
  Stage stage;
  const Mention mention = stage.post("a", "#once");
  stage.detector.feed("test", {&mention, 1}, stage.now);
  stage.detector.feed("test", {&mention, 1}, stage.now);
  EXPECT_EQ(stage.detector.stats().mentions, 1U);
  EXPECT_EQ(stage.detector.stats().repeated, 1U);
  stage.detector.feed("elsewhere", {&mention, 1}, stage.now);
  EXPECT_EQ(stage.detector.stats().mentions, 2U);
}

TEST(Detector, ATrendListCountsForThoseItStandsFor) {
  Stage stage;
  stage.usual(hours{26});
  Mention entry{.id = "list-1",
                .at = stage.now,
                .author = "",
                .text = "",
                .language = "",
                .tags = {"Solstice"},
                .weight = 80};
  stage.detector.feed("lists", {&entry, 1}, stage.now);
  stage.usual(minutes{5});
  const auto top = stage.detector.top({.limit = 1});
  ASSERT_EQ(top.size(), 1U);
  EXPECT_EQ(top[0].topic, "#solstice");
  EXPECT_EQ(top[0].label, "#Solstice");
  EXPECT_EQ(top[0].authors, 80);
}

TEST(Detector, FiltersByKindSourceLanguageAndText) {
  Stage stage;
  stage.usual(hours{26});
  std::vector<Mention> posts;
  for (int i = 0; i < 20; ++i) {
    posts.push_back(stage.post(fmt::format("d{}", i),
                               fmt::format("#Stadtfest fängt an {}", stage.word()), "de"));
  }
  stage.detector.feed("mastodon", posts, stage.now);
  for (int i = 0; i < 20; ++i)
    stage.say(fmt::format("e{}", i), fmt::format("comet visible tonight {}", stage.word()));
  stage.usual(minutes{5});
  const auto topics = [&](TrendQuery query) {
    std::vector<std::string> names;
    for (const auto& trend : stage.detector.top(query)) names.push_back(trend.topic);
    return names;
  };
  EXPECT_THAT(topics({.source = "mastodon"}), testing::ElementsAre("#stadtfest"));
  EXPECT_THAT(topics({.language = "de"}), testing::ElementsAre("#stadtfest"));
  EXPECT_THAT(topics({.kinds = kind_bit(Kind::tag)}), testing::ElementsAre("#stadtfest"));
  EXPECT_EQ(topics({.text = "comet"}).size(), 1U);
  EXPECT_TRUE(topics({.text = "nothing"}).empty());
}

TEST(Detector, ARestartFromASnapshotChangesNothing) {
  Stage stage;
  stage.usual(hours{30});
  for (int i = 0; i < 20; ++i)
    stage.say(fmt::format("a{}", i), fmt::format("look #restart story {}", i));
  stage.usual(minutes{7});
  const std::string bytes = stage.detector.snapshot();
  EXPECT_LT(bytes.size(), 4'000'000U);

  Stage second;
  ASSERT_TRUE(second.detector.restore(bytes));
  EXPECT_EQ(second.detector.top(), stage.detector.top());
  EXPECT_EQ(second.detector.snapshot(), bytes);
  // And both go on alike.
  second.now = stage.now;
  second.number = stage.number;
  second.random = stage.random;
  for (Stage* one : {&stage, &second}) {
    for (int i = 20; i < 40; ++i)
      one->say(fmt::format("a{}", i), fmt::format("look #restart story {}", i));
    one->usual(hours{14});
  }
  EXPECT_EQ(second.detector.top(), stage.detector.top());
  EXPECT_EQ(second.detector.snapshot(), stage.detector.snapshot());
}

TEST(Detector, RefusesForeignDamagedAndDifferentSnapshots) {
  Stage stage;
  stage.usual(hours{1});
  const std::string bytes = stage.detector.snapshot();
  const auto before = stage.detector.top();
  EXPECT_FALSE(stage.detector.restore(""));
  EXPECT_FALSE(stage.detector.restore("something else"));
  EXPECT_FALSE(stage.detector.restore(bytes.substr(0, bytes.size() / 2)));
  EXPECT_FALSE(stage.detector.restore(bytes + "x"));
  for (std::size_t i = 0; i < bytes.size(); i += bytes.size() / 50) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    Stage other;
    // Compression has more than one way to say the same.
    if (other.detector.restore(damaged)) {
      EXPECT_EQ(other.detector.snapshot(), bytes) << i;
    }
  }
  Detector other({.tracked_max = 512});
  EXPECT_FALSE(other.restore(bytes));
  EXPECT_EQ(stage.detector.snapshot(), bytes);
  EXPECT_EQ(stage.detector.top(), before);
}

TEST(Detector, MemoryStaysBoundedHoweverManyWordsComeAndTheOldGiveWay) {
  DetectorOptions options{.admission_slots = 1 << 12,
                          .background_cells = 1 << 12,
                          .tracked_max = 1 << 9,
                          .evidence_max = 16};
  Stage stage(options);
  for (int i = 0; i < 60'000; ++i) {
    stage.say(fmt::format("a{}", i % 40), fmt::format("term{} pair{} #tag{}", i / 4, i / 4, i / 4));
    if (i % 100 == 0) {
      stage.now += minutes{1};
      stage.detector.tick(stage.now);
    }
  }
  const auto stats = stage.detector.stats();
  EXPECT_LE(stats.tracked, 512U);
  EXPECT_LE(stats.evidence, 16U);
  EXPECT_LT(stats.memory_bytes, 4'000'000U);
  for (int i = 0; i < 30; ++i)
    stage.say(fmt::format("z{}", i), fmt::format("finally #fresh news {}", stage.word()));
  stage.detector.tick(stage.now);
  EXPECT_TRUE(stage.shows("#fresh")) << testing::PrintToString(stage.shown());
}

TEST(Detector, HostileTextNeverComesOutBroken) {
  Stage stage;
  stage.usual(hours{26});
  for (int i = 0; i < 20; ++i) {
    stage.say(fmt::format("x{}\xFF", i),
              fmt::format("\x01\x1B[31m<script>\xC3\x28 #Hostile{} \xE2\x80\xAE evil {}",
                          "\xF0\x9F\x98\x80", i));
  }
  stage.usual(minutes{5});
  for (const Trend& trend : stage.detector.top()) {
    for (const Sample& sample : trend.samples) {
      EXPECT_EQ(sample.text.find('\x1B'), std::string::npos);
      EXPECT_EQ(sample.author.find('\xFF'), std::string::npos);
    }
    EXPECT_EQ(trend.topic.find('\x1B'), std::string::npos);
  }
}

}  // namespace
}  // namespace trends
