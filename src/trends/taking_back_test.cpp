#include "trends/stage_test.h"
#include "trends/tick_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace std::chrono_literals;

const Trend* find(const std::vector<Trend>& trends, std::string_view topic) {
  for (const Trend& trend : trends) {
    if (trend.topic == topic || std::ranges::count(trend.aliases, topic) > 0) return &trend;
  }
  return nullptr;
}

// Thirty people in half an hour, each in words of his own.
std::vector<std::string> burst(Stage& stage, const std::string& tag, std::string language = "en") {
  std::vector<std::string> ids;
  for (int i = 0; i < 30; ++i) {
    const Mention mention = stage.post(
        "b" + std::to_string(i),
        fmt::format("#{} {} {} {}", tag, stage.word(), stage.word(), stage.word()), language);
    stage.detector.feed("test", std::vector{mention}, stage.now);
    ids.push_back(mention.id);
    stage.now += 1min;
    if (i % 5 == 4) stage.detector.tick(stage.now);
  }
  return ids;
}

TEST(TakingBack, LeavesTheSamplesAndNotTheCount) {
  Stage stage;
  stage.usual(26h);
  const auto ids = burst(stage, "landing");
  const auto before = stage.detector.top();
  const Trend* trend = find(before, "#landing");
  ASSERT_NE(trend, nullptr);
  ASSERT_FALSE(trend->samples.empty());
  std::vector<std::string> shown;
  for (const Sample& sample : trend->samples) shown.push_back(sample.id);
  stage.detector.take_back("elsewhere", shown);
  EXPECT_EQ(find(stage.detector.top(), "#landing")->samples, trend->samples)
      << "ids of another source are other posts";
  stage.detector.take_back("test", shown);
  const auto after = stage.detector.top();
  const Trend* left = find(after, "#landing");
  ASSERT_NE(left, nullptr);
  EXPECT_EQ(left->authors, trend->authors);
  for (const Sample& sample : left->samples) EXPECT_EQ(std::ranges::count(shown, sample.id), 0);
  EXPECT_FALSE(left->samples.empty()) << "others take their place";
  stage.detector.take_back("test", ids);
  EXPECT_TRUE(find(stage.detector.top(), "#landing")->samples.empty());
  // Life goes on, also in a copy.
  Detector copy;
  ASSERT_TRUE(copy.restore(stage.detector.snapshot()).has_value());
  EXPECT_EQ(copy.top(), stage.detector.top());
  burst(stage, "landing");
  stage.detector.tick(stage.now);
  EXPECT_TRUE(find(stage.detector.top(), "#landing") != nullptr);
}

TEST(TakingBack, IsNotFoundWhenATopicLooksBack) {
  Stage stage;
  stage.usual(26h);
  // Few at first: they wait among the recent posts.
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    const Mention mention = stage.post("early" + std::to_string(i), "#later " + stage.word());
    stage.detector.feed("test", std::vector{mention}, stage.now);
    ids.push_back(mention.id);
  }
  stage.detector.take_back("test", ids);
  burst(stage, "later");
  const auto trends = stage.detector.top();
  const Trend* trend = find(trends, "#later");
  ASSERT_NE(trend, nullptr);
  for (const Sample& sample : trend->samples) EXPECT_EQ(std::ranges::count(ids, sample.id), 0);
}

TEST(TakingBack, TravelsWithASummary) {
  Stage one;
  one.usual(26h);
  const auto ids = burst(one, "landing");
  TickSummary part;
  part.take_back("test", ids);
  EXPECT_FALSE(part.empty());
  auto arrived = TickSummary::decode(part.encode());
  ASSERT_TRUE(arrived.has_value());
  TickSummary tick;
  tick.merge(std::move(*arrived));
  EXPECT_EQ(tick.gone().size(), ids.size());
  tick.feed(one.detector, one.now);
  EXPECT_TRUE(tick.empty());
  EXPECT_TRUE(find(one.detector.top(), "#landing")->samples.empty());
}

TEST(Languages, AreHeardWhereTheSourceDoesNotSayThem) {
  Stage stage;
  stage.usual(26h);
  const std::array words{"Straße", "Brücke",     "gestern",      "wunderschön",   "Freunde",
                         "Wasser", "Abend",      "Kinder",       "gemeinsam",     "Schiffe",
                         "Himmel", "Wetter",     "Feuerwerk",    "endlich",       "Nachbarn",
                         "Sommer", "Geschichte", "fröhlich",     "Menschen",      "überall",
                         "Bühne",  "Getränke",   "Straßenmusik", "Fischbrötchen", "Hafenrundfahrt"};
  for (int i = 0; i < 30; ++i) {
    std::string text = "#hafenfest wir haben";
    for (int word = 0; word < 7; ++word) text += fmt::format(" {}", words[stage.random() % 25]);
    const Mention mention = stage.post("b" + std::to_string(i), text + " gesehen", "");
    stage.detector.feed("test", std::vector{mention}, stage.now);
    stage.now += 1min;
    if (i % 5 == 4) stage.detector.tick(stage.now);
  }
  const auto trends = stage.detector.top();
  const Trend* trend = find(trends, "#hafenfest");
  ASSERT_NE(trend, nullptr);
  ASSERT_FALSE(trend->languages.empty());
  EXPECT_EQ(trend->languages[0].name, "de");
  EXPECT_GT(trend->languages[0].share, 0.8);
}

}  // namespace
}  // namespace trends
