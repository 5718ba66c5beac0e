#include "trends/intake.h"

#include "base/text.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const base::Instant now = *base::parse_rfc3339("2026-11-23T12:00:00Z");

Mention mention() {
  return {.id = "1", .at = now, .author = "a", .text = "some text", .language = "en"};
}

TEST(Intake, BoundsAndCleansTexts) {
  Mention hostile = mention();
  hostile.text = std::string(20'000, '\xff');
  hostile.author = std::string(5000, 'a') + std::string("\0", 1);
  ASSERT_TRUE(make_fit(hostile, now, false));
  EXPECT_LE(hostile.text.size(), 10'000u);
  EXPECT_TRUE(base::is_utf8(hostile.text));
  EXPECT_EQ(hostile.author.size(), 300u);
}

TEST(Intake, CutsBetweenCharacters) {
  Mention wide = mention();
  wide.text = "a";
  for (int count = 0; count < 6000; ++count) wide.text += "ü";
  ASSERT_TRUE(make_fit(wide, now, false));
  EXPECT_TRUE(base::is_utf8(wide.text));
  EXPECT_EQ(wide.text.find("\xEF\xBF\xBD"), std::string::npos);
}

TEST(Intake, KeepsOnlyWebLinks) {
  Mention linked = mention();
  linked.links = {"https://e.org/a", "javascript:alert(1)", "http://e.org/\"><script>",
                  "https://e.org/b c", "https://" + std::string(3000, 'x')};
  linked.url = "javascript:alert(1)";
  ASSERT_TRUE(make_fit(linked, now, false));
  EXPECT_THAT(linked.links, ElementsAre("https://e.org/a"));
  EXPECT_THAT(linked.url, IsEmpty());
}

TEST(Intake, CleansTagsAndLanguage) {
  Mention tagged = mention();
  tagged.tags = {"#Köln", "two words", "", " $AAPL ", std::string(500, 'x')};
  tagged.language = "EN_us";
  ASSERT_TRUE(make_fit(tagged, now, false));
  EXPECT_THAT(tagged.tags, ElementsAre("Köln", "$AAPL"));
  EXPECT_EQ(tagged.language, "en");
  for (const char* odd : {"und", "e", "english", "1a", "<b>"}) {
    Mention other = mention();
    other.language = odd;
    ASSERT_TRUE(make_fit(other, now, false));
    EXPECT_EQ(other.language, "") << odd;
  }
}

TEST(Intake, NeverTakesTheFuture) {
  Mention early = mention();
  early.at = now + std::chrono::hours{9};
  Mention recorded = early;
  ASSERT_TRUE(make_fit(early, now, false));
  EXPECT_EQ(early.at, now);
  ASSERT_TRUE(make_fit(recorded, now, true));
  EXPECT_EQ(recorded.at, now + std::chrono::hours{9});
}

TEST(Intake, RefusesWhatIsOfNoUse) {
  for (const double weight : {0.0, -1.0, std::numeric_limits<double>::infinity(), std::nan("")}) {
    Mention odd = mention();
    odd.weight = weight;
    EXPECT_FALSE(make_fit(odd, now, false)) << weight;
  }
  Mention nameless = mention();
  nameless.id.clear();
  EXPECT_FALSE(make_fit(nameless, now, false));
  Mention empty = mention();
  empty.text.clear();
  EXPECT_FALSE(make_fit(empty, now, false));
}

TEST(RecentIds, ForgetsTheOldestAndKeepsWhatIsStillListed) {
  RecentIds recent(100);
  recent.add("listed");
  recent.add("once");
  for (int id = 0; id < 1000; ++id) {
    recent.add(std::to_string(id));
    EXPECT_TRUE(recent.contains("listed")) << id;
  }
  EXPECT_FALSE(recent.contains("once"));
  EXPECT_TRUE(recent.contains("999"));
}

}  // namespace
}  // namespace trends
