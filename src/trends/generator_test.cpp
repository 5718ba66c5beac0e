#include "trends/generator.h"

#include "trends/detector.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace trends {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

const base::Instant start = *base::parse_rfc3339("2026-03-02T00:00:00Z");

TEST(Generator, GivesTheSameForTheSameSeedHoweverItIsRead) {
  Generator whole({.seed = 5, .start = start});
  Generator parts({.seed = 5, .start = start});
  Generator other({.seed = 6, .start = start});
  const auto all = whole.until(start + hours{30});
  std::vector<Mention> pieces;
  for (auto at = start; at < start + hours{30};) {
    at += minutes{30};
    for (auto& mention : parts.until(at)) pieces.push_back(std::move(mention));
  }
  ASSERT_GT(all.size(), 10'000U);
  ASSERT_EQ(all.size(), pieces.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i].text, pieces[i].text);
    ASSERT_EQ(all[i].author, pieces[i].author);
    ASSERT_EQ(all[i].at, pieces[i].at);
  }
  EXPECT_NE(other.until(start + hours{1})[5].text, all[5].text);
}

TEST(Generator, KeepsTimeOrderAndHasADailyRhythmAndThreeLanguages) {
  Generator generator({.seed = 9, .start = start});
  const auto night = generator.until(start + hours{8});
  const auto day = generator.until(start + hours{20});
  EXPECT_TRUE(std::ranges::is_sorted(day, {}, &Mention::at));
  EXPECT_GT(day.size() / 12, night.size() / 8);
  std::set<std::string> languages;
  for (const auto& mention : day) languages.insert(mention.language);
  EXPECT_EQ(languages, (std::set<std::string>{"en", "de", "es"}));
}

// What the demonstration must show: the planted events come to the top, the floods never appear.
TEST(Generator, PlantedEventsTrendAndFloodsDoNot) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    Generator generator({.seed = seed, .start = start});
    Detector detector({});
    const auto end = start + days{5};
    std::set<std::string> first_three;
    std::set<std::string> shown;
    std::set<std::string> settled;  // what was shown once there was a day of past to compare with
    for (auto at = start; at < end;) {
      at += minutes{10};
      detector.feed("demonstration", generator.until(at), at);
      detector.tick(at);
      const auto top = detector.top({.limit = 20});
      for (std::size_t i = 0; i < top.size(); ++i) {
        std::vector<std::string> names = top[i].aliases;
        names.push_back(top[i].topic);
        for (const auto& name : names) {
          shown.insert(name);
          if (at > start + hours{24}) settled.insert(name);
          if (i < 3) first_three.insert(name);
        }
      }
    }
    int events = 0;
    for (const PlantedEvent& event : generator.planted(end)) {
      if (event.end > end || event.begin < start + hours{12}) continue;
      if (event.flood) {
        EXPECT_FALSE(shown.contains(event.topic)) << event.topic;
        EXPECT_FALSE(shown.contains(event.terms[0])) << event.topic;
      } else {
        ++events;
        EXPECT_TRUE(first_three.contains(event.topic) || first_three.contains(event.terms[0]))
            << event.topic << " seed " << seed;
      }
    }
    EXPECT_GE(events, 8);
    for (const auto* steady : {"#coffee", "#cats", "#kaffee", "#gatos"})
      EXPECT_FALSE(settled.contains(steady)) << steady;
  }
}

}  // namespace
}  // namespace trends
