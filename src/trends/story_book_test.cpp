#include "trends/story_book.h"

#include "base/json.h"
#include "trends/category.h"
#include "trends/trend_json.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace std::chrono_literals;

const base::Instant noon = *base::parse_rfc3339("2026-05-04T12:00:00Z");

Trend rising(std::string topic, std::vector<std::string> terms = {},
             std::vector<std::uint32_t> voices = {}, std::vector<std::string> aliases = {}) {
  Trend trend{.id = topic, .topic = topic, .label = topic, .kind = Kind::word, .score = 10};
  for (std::string& term : terms) trend.co_terms.push_back({.text = std::move(term)});
  trend.voices = std::move(voices);
  std::ranges::sort(trend.voices);
  trend.aliases = std::move(aliases);
  trend.authors = 20;
  trend.last_peak = noon;
  return trend;
}

// The ids of the stories that the trends are, in their order.
std::vector<std::string> ids(StoryBook& book, const std::vector<Trend>& trends,
                             base::Instant now = noon) {
  std::vector<std::string> found;
  for (const auto& told : book.tell(trends, now)) found.push_back(book[told.story].id);
  return found;
}

TEST(StoryBook, TellsStoriesApartAndKnowsThemAgain) {
  StoryBook book;
  const auto first = ids(book, {rising("#quake"), rising("#final")});
  EXPECT_NE(first[0], first[1]);
  EXPECT_EQ(ids(book, {rising("#final"), rising("#quake")}), (std::vector{first[1], first[0]}));
  EXPECT_TRUE(book.knows(rising("#quake")));
  EXPECT_FALSE(book.knows(rising("#other")));
}

TEST(StoryBook, KeepsTheIdWhileWordsShift) {
  StoryBook book;
  const std::string story =
      ids(book, {rising("#quake", {"earthquake", "izmir"}, {}, {"earthquake"})})[0];
  // Another word leads; then one that was only among its terms; then none of the first words is
  // left.
  EXPECT_EQ(ids(book, {rising("earthquake", {"izmir", "rescue"}, {}, {"#quake"})})[0], story);
  EXPECT_EQ(ids(book, {rising("izmir", {"earthquake", "rescue", "teams"})})[0], story);
  EXPECT_EQ(ids(book, {rising("rescue teams", {"izmir", "rescue", "teams", "survivors"})})[0],
            story);
  EXPECT_EQ(ids(book, {rising("#quake")})[0], story) << "it led once";
}

TEST(StoryBook, DressIsNoOtherName) {
  StoryBook book;
  EXPECT_EQ(ids(book, {rising("#timewarner")}), ids(book, {rising("time warner")}));
}

TEST(StoryBook, SameVoicesTellTheSameStory) {
  StoryBook book;
  const std::vector<std::uint32_t> crowd{1, 2, 3, 4, 5, 6, 7, 8};
  const std::string story = ids(book, {rising("landing", {"nasa"}, crowd)})[0];
  EXPECT_EQ(ids(book, {rising("touchdown", {"probe"}, {3, 4, 5, 6, 50})})[0], story);
}

TEST(StoryBook, LittleInCommonIsAnotherStory) {
  StoryBook book;
  const std::string story = ids(
      book, {rising("goal", {"match", "keeper", "late", "penalty"}, {1, 2, 3, 4, 5, 6, 7, 8})})[0];
  EXPECT_NE(ids(book, {rising("bakery", {"match", "bread", "oven", "flour"}, {1, 90, 91, 92})})[0],
            story);
}

// The second event of a day, in the words that people have for any event.
TEST(StoryBook, WhatIsSaidOfAnyEventJoinsNone) {
  StoryBook book;
  const std::vector<std::string> talk{"live", "pictures", "unbelievable", "town", "happening"};
  const std::string first =
      ids(book, {rising("#mipwudvel", talk, {1, 2, 3, 4}, {"unbelievable"})})[0];
  EXPECT_NE(ids(book, {rising("polmipvel", talk, {11, 12, 13, 14})})[0], first);
  EXPECT_NE(ids(book, {rising("pictures", {"live", "town", "baxol"}, {21, 22, 23, 24})})[0], first)
      << "it begins with such a word";
  EXPECT_EQ(
      ids(book, {rising("pictures of mipwudvel", {"mipwudvel", "live", "town"}, {31, 32})})[0],
      first);
}

TEST(StoryBook, OneTrendOneStory) {
  StoryBook book;
  const std::string story = ids(book, {rising("#cup", {"a1", "b1", "c1", "d1"})})[0];
  const auto both = ids(book, {rising("cup final", {"a1", "b1", "c1", "d1"}), rising("#cup")});
  EXPECT_EQ(both[1], story) << "the name counts more than likeness";
  EXPECT_NE(both[0], story);
}

TEST(StoryBook, ForgetsAfterATime) {
  StoryBook book;
  const std::string story = ids(book, {rising("#monday")})[0];
  book.forget(noon + 1h);
  EXPECT_NE(ids(book, {rising("#monday")}, noon + 24h)[0], story);
}

TEST(StoryBook, LabelStaysAsLongAsItFits) {
  StoryBook book;
  Trend trend = rising("warner", {}, {}, {"time warner"});
  trend.label = "Warner";
  ids(book, {trend});
  Trend leads = rising("time warner", {}, {}, {"warner", "merger"});
  leads.label = "Time Warner";
  ids(book, {leads});
  EXPECT_EQ(book.stories().at(0).label, "Time Warner") << "it says more";
  Trend other = rising("merger", {}, {}, {"time warner"});
  other.label = "merger";
  ids(book, {other});
  EXPECT_EQ(book.stories().at(0).label, "Time Warner") << "it is still called so";
  Trend none = rising("merger", {}, {}, {"deal"});
  none.label = "merger";
  none.score = 4;
  ids(book, {none});
  EXPECT_EQ(book.stories().at(0).label, "Time Warner") << "it has faded: a late word is no name";
  none.score = 10;
  ids(book, {none});
  EXPECT_EQ(book.stories().at(0).label, "merger");
}

TEST(StoryBook, GoesOnAfterARestart) {
  StoryBook book;
  Trend trend = rising("#quake", {"izmir", "rescue", "teams"}, {4'000'000'000U, 7}, {"earthquake"});
  trend.score = 30;
  const std::string story = ids(book, {trend})[0];
  trend.score = 12;  // past its peak
  ids(book, {trend}, noon + 1h);
  const json::object stored =
      base::parse_json(json::serialize(to_stored(trend, book.stories()[0])))->as_object();
  KnownStory again = from_stored(stored);
  again.id = story;
  EXPECT_EQ(again.peak.score, 30);
  EXPECT_EQ(again.peak.at, noon);
  EXPECT_EQ(again.voices, trend.voices);
  StoryBook restarted;
  restarted.add(again);
  EXPECT_EQ(ids(restarted, {rising("rescue", {"izmir", "teams"})})[0], story);
  EXPECT_EQ(ids(restarted, {rising("#quake")})[0], story);
}

TEST(StoryBook, BoundsWhatItRemembers) {
  StoryBook book;
  for (int i = 0; i < 300; ++i) {
    const auto name = [](int number) { return "t" + std::to_string(number); };
    ids(book, {rising(name(i), {"same", "words", "each", "time", name(i - 1)})});
  }
  ASSERT_EQ(book.stories().size(), 1U);
  EXPECT_LE(book.stories()[0].led.size(), KnownStory::led_max);
  EXPECT_LE(book.stories()[0].search.size(), KnownStory::search_max);
}

TEST(Category, IsSaidOnlyWhenEvident) {
  EXPECT_EQ(category_of(rising("izmir", {"earthquake", "magnitude", "felt"})), "disaster");
  EXPECT_EQ(category_of(rising("$aapl", {"earnings", "guidance", "today"})), "business");
  EXPECT_EQ(category_of(rising("地震", {"震度", "速報"})), "disaster");
  EXPECT_EQ(category_of(rising("izmir", {"earthquake", "today"})), "") << "one word is chance";
  EXPECT_EQ(category_of(rising("night", {"goal", "penalty", "album", "concert"})), "");
  EXPECT_EQ(category_of(rising("friday", {"weekend"})), "");
}

}  // namespace
}  // namespace trends
