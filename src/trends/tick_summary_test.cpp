#include "trends/tick_summary.h"

#include "trends/stage_test.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Posts of a day and a half in which a word rises at the end, by five-minute ticks.
std::map<base::Instant, std::vector<Mention>> ticks_of_a_rise() {
  Stage stage;
  std::map<base::Instant, std::vector<Mention>> ticks;
  const auto say = [&](std::string author, std::string text) {
    stage.now += seconds{2};
    const auto tick = stage.now - stage.now.time_since_epoch() % minutes{5} + minutes{5};
    ticks[tick].push_back(stage.post(std::move(author), std::move(text)));
  };
  for (int i = 0; i < 40'000; ++i) {
    const int fan = i > 39'000 && i % 10 == 0 ? i : 0;
    say(fmt::format("u{}", stage.random() % 3000),
        fan != 0 ? fmt::format("the #Curtain of {} falls {}", stage.word(), stage.word())
                 : fmt::format("everyday{} chatter{}", stage.random() % 20, stage.random() % 400));
  }
  return ticks;
}

// The tick's mentions, shuffled and dealt to so many shards by author; some arrive twice.
std::vector<std::string> dealt(std::vector<Mention> mentions, std::size_t shards,
                               std::mt19937& random) {
  std::ranges::shuffle(mentions, random);
  std::vector<TickSummary> summaries(shards);
  for (const Mention& mention : mentions) {
    TickSummary& shard = summaries[std::hash<std::string>{}(mention.author) % shards];
    shard.add(mention.author.size() % 2 == 0 ? "even" : "odd", {&mention, 1});
    if (random() % 7 == 0)
      shard.add(mention.author.size() % 2 == 0 ? "even" : "odd", {&mention, 1});
  }
  std::vector<std::string> bytes;
  for (const TickSummary& summary : summaries) bytes.push_back(summary.encode());
  std::ranges::shuffle(bytes, random);
  return bytes;
}

TEST(TickSummary, AnyPartitionGivesTheAnswerOfOneProcess) {
  const auto ticks = ticks_of_a_rise();
  std::vector<std::string> snapshots;
  std::vector<Trend> expected;
  for (const std::size_t shards : {1U, 2U, 5U}) {
    std::mt19937 random(static_cast<unsigned>(shards));
    Detector detector;
    for (const auto& [at, mentions] : ticks) {
      TickSummary tick;
      for (const auto& bytes : dealt(mentions, shards, random)) {
        auto summary = TickSummary::decode(bytes);
        ASSERT_TRUE(summary);
        tick.merge(std::move(*summary));
      }
      tick.feed(detector, at);
      EXPECT_TRUE(tick.empty());
      detector.tick(at);
    }
    EXPECT_EQ(detector.stats().mentions, 40'000U);
    snapshots.push_back(detector.snapshot());
    if (expected.empty()) expected = detector.top({.limit = 20});
    EXPECT_EQ(detector.top({.limit = 20}), expected);
    EXPECT_TRUE(snapshots.back() == snapshots.front());  // every table, to the byte
  }
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(expected[0].topic, "#curtain");
}

TEST(TickSummary, KeepsEverythingThatCountsAndCutsWhatIsTooLong) {
  const Mention mention{.id = "1",
                        .at = start,
                        .author = "anna",
                        .text = std::string(TickSummary::text_max - 1, 'x') + "ü and more",
                        .language = "de",
                        .tags = {"eins", "$two"},
                        .links = {"https://example.org/a"},
                        .url = "https://example.org/1",
                        .repost = true,
                        .weight = 2.5};
  TickSummary summary;
  summary.add("test", {&mention, 1});
  const auto decoded = TickSummary::decode(summary.encode());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->size(), 1U);
  EXPECT_EQ(decoded->encode(), summary.encode());
  EXPECT_LT(summary.encode().size(), 1000U);
}

TEST(TickSummary, DropsWhatCameWithAnEarlierOne) {
  const auto said = [](std::string id) {
    return Mention{.id = std::move(id), .at = start, .author = "anna", .text = "a word of hers"};
  };
  RecentIds known;
  TickSummary first;
  first.add("test", std::vector{said("1"), said("2"), said("")});
  first.drop_known(known);
  EXPECT_EQ(first.size(), 3U);
  TickSummary second;
  second.add("test", std::vector{said("2"), said("3"), said("")});
  second.add("other", std::vector{said("2")});
  second.drop_known(known);
  EXPECT_EQ(second.size(), 3U) << "the same id is another one at another source";
}

TEST(TickSummary, RefusesDamage) {
  TickSummary summary;
  const Mention mention{.id = "1", .at = start, .author = "anna", .text = "a word of hers"};
  summary.add("test", {&mention, 1});
  const std::string bytes = summary.encode();
  EXPECT_FALSE(TickSummary::decode(""));
  EXPECT_FALSE(TickSummary::decode(bytes.substr(0, bytes.size() - 1)));
  EXPECT_FALSE(TickSummary::decode(bytes + "x"));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    EXPECT_FALSE(TickSummary::decode(damaged)) << i;
  }
}

}  // namespace
}  // namespace trends
