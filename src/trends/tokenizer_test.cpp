#include "trends/tokenizer.h"

#include "trends/detector.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

std::vector<std::string> topics(const MentionView& mention, KindSet kinds = all_kinds) {
  Tokenizer tokenizer(kinds);
  std::vector<std::string> result;
  PostKeys keys;
  tokenizer.run(mention, keys);
  for (const Token& token : keys.list()) result.push_back(keys.topic(token));
  return result;
}

std::vector<std::string> topics_of(std::string_view text, std::string_view language = "en",
                                   KindSet kinds = all_kinds) {
  return topics({.text = text, .language = language}, kinds);
}

TEST(Tokenizer, FindsWordsAndNeighbouringPairsWithoutStopWords) {
  EXPECT_THAT(topics_of("The Time Warner deal is on"),
              UnorderedElementsAre("warner", "deal", "warner deal"));
  EXPECT_THAT(topics_of("red wine, white bread"),
              UnorderedElementsAre("red", "wine", "red wine", "white", "bread", "white bread"));
}

TEST(Tokenizer, FindsTagsCashtagsAndLinksButNoMentions) {
  EXPECT_THAT(
      topics_of(
          "@some.one.example #AppleEvent $AAPL http://www.Example.org/a/?utm_source=x&id=3#top"),
      UnorderedElementsAre("#appleevent", "$aapl", "example.org/a?id=3"));
  EXPECT_THAT(topics_of("mail me@example.org #2024 $5 $100k"), UnorderedElementsAre("mail"));
}

TEST(Tokenizer, TakesTheTagsAndLinksThatASourceNames) {
  const std::array<std::string_view, 3> tags = {"AppleEvent", "$MSFT", "Größe"};
  const std::array<std::string_view, 1> links = {"https://news.example/story/"};
  EXPECT_THAT(topics({.text = "look http://short.example/x #appleevent",
                      .language = "en",
                      .tags = tags,
                      .links = links}),
              UnorderedElementsAre("#appleevent", "$msft", "#grösse", "news.example/story"));
}

TEST(Tokenizer, GivesEachKeyOnce) {
  EXPECT_THAT(topics_of("goal goal GOAL Goal"), UnorderedElementsAre("goal", "goal goal"));
}

TEST(Tokenizer, FoldsCaseInEveryScript) {
  EXPECT_EQ(topics_of("ПУТИН", "ru"), topics_of("путин", "ru"));
  EXPECT_EQ(topics_of("ΑΘΗΝΑ", "el"), topics_of("αθηνα", "el"));
  EXPECT_EQ(topics_of("STRASSE", "de"), topics_of("straße", "de"));
  // Composed and decomposed letters are the same word.
  EXPECT_EQ(topics_of("caf\xC3\xA9", ""), topics_of("cafe\xCC\x81", ""));
}

TEST(Tokenizer, CutsScriptsWithoutBlanksByDictionary) {
  EXPECT_THAT(topics_of("東京オリンピックが始まった", "ja"), Contains("オリンピック"));
  EXPECT_THAT(topics_of("สวัสดีประเทศไทย", "th"), Contains("ประเทศไทย"));
  EXPECT_THAT(topics_of("#東京オリンピック 最高", "ja"), Contains("#東京オリンピック"));
}

TEST(Tokenizer, StopWordsAreThoseOfTheLanguage) {
  EXPECT_THAT(topics_of("war", "de"), IsEmpty());
  EXPECT_THAT(topics_of("war", "en"), ElementsAre("war"));
  EXPECT_THAT(topics_of("war", ""), IsEmpty());  // unknown: held against all lists
}

TEST(Tokenizer, DropsWordsThatARepostCutOff) {
  EXPECT_THAT(topics_of("RT @x: markets fall #Hedg…"), Not(Contains("#hedg")));
  EXPECT_THAT(topics_of("see http://t.example/ab…"), IsEmpty());
}

TEST(Tokenizer, EmojiAndDirectionMarksSeparateOrVanish) {
  EXPECT_THAT(topics_of("goal⚽️goal", "en"), Contains("goal"));
  EXPECT_THAT(topics_of("\xE2\x80\x8Fسلام\xE2\x80\x8F", "fa"), ElementsAre("سلام"));
  EXPECT_THAT(topics_of("❤️❤️❤️", ""), IsEmpty());
}

TEST(Tokenizer, CountsOnlyTheKindsItIsAskedFor) {
  EXPECT_THAT(topics_of("big news #tag http://a.example/b", "en", kind_bit(Kind::tag)),
              ElementsAre("#tag"));
}

TEST(Tokenizer, KeepsTheSpellingOfThePost) {
  Tokenizer tokenizer(all_kinds);
  std::vector<std::string> spellings;
  PostKeys keys;
  tokenizer.run({.text = "#AppleEvent Tim COOK", .language = "en"}, keys);
  for (const Token& token : keys.list()) spellings.push_back(keys.spelling(token));
  EXPECT_THAT(spellings, UnorderedElementsAre("#AppleEvent", "Tim", "COOK", "Tim COOK"));
}

// Any bytes of any length, in bounds, and always the same answer.
TEST(Tokenizer, SurvivesHostileText) {
  std::mt19937 random(7);
  Tokenizer tokenizer(all_kinds);
  PostKeys keys;
  const std::array<std::string, 6> pieces = {
      "#", "$", "http://", "\xF0\x9F\x98", "\xE0\xB8\x81", "\xEF\xB7\xBA"};
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    const std::size_t length = random() % 300;
    while (text.size() < length) {
      if (random() % 4 == 0) {
        text += pieces[random() % pieces.size()];
      } else {
        text += static_cast<char>(random() % 256);
      }
    }
    tokenizer.run({.text = text, .language = ""}, keys);
    ASSERT_LE(keys.count, Tokenizer::tokens_max);
    for (const Token& token : keys.list()) ASSERT_FALSE(keys.topic(token).empty());
  }
  const std::string huge(5'000'000, 'x');
  EXPECT_THAT(topics_of(huge), IsEmpty());
  std::string many;
  for (int i = 0; i < 3000; ++i) many += " #tag" + std::to_string(i);
  EXPECT_EQ(topics_of(many).size(), Tokenizer::tokens_max);
  std::string ligatures;
  for (int i = 0; i < 3000; ++i) ligatures += "\xEF\xB7\xBA";
  EXPECT_THAT(topics_of(ligatures), IsEmpty());
}

// The first 16, 32, 64 bytes take other paths than the rest: every cut of a text must give what the
// whole gives.
TEST(Tokenizer, BlockBordersChangeNothing) {
  for (std::size_t blanks = 0; blanks < 140; ++blanks) {
    const std::string text = std::string(blanks, ' ') + "quarterly earnings #AppleEvent $AAPL";
    ASSERT_THAT(topics_of(text), UnorderedElementsAre("quarterly", "earnings", "quarterly earnings",
                                                      "#appleevent", "$aapl"))
        << blanks;
  }
}

}  // namespace
}  // namespace trends
