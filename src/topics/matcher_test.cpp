#include "topics/matcher.h"

#include "topics/relevance.h"
#include "topics/words.h"

#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace topics {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> fitting(const Matcher& matcher, Seen seen) {
  std::vector<std::string> ids;
  for (const auto& hit : matcher.match(seen)) ids.push_back(matcher.lists()[hit.list].first);
  return ids;
}

bool fits(Interest interest, Seen seen) {
  return !Matcher({{"list", std::move(interest)}}).match(seen).empty();
}

TEST(Matcher, FindsWordsAndPhrasesAsTheDetectorFoldsThem) {
  EXPECT_TRUE(fits({.keywords = {"Time Warner"}}, {.texts = {"AT&T buys TIME  WARNER!"}}));
  EXPECT_TRUE(fits({.keywords = {"#AppleEvent"}}, {.texts = {"watching #appleevent now"}}));
  EXPECT_TRUE(fits({.keywords = {"straße"}}, {.texts = {"auf der STRASSE"}}));
  EXPECT_TRUE(fits({.keywords = {"ＡＩ"}}, {.texts = {"the ai act"}}));
  EXPECT_TRUE(fits({.keywords = {"землетрясение"}}, {.texts = {"Новое ЗЕМЛЕТРЯСЕНИЕ"}}));
}

TEST(Matcher, FindsWholeWordsWhereAScriptHasThem) {
  EXPECT_FALSE(fits({.keywords = {"art"}}, {.texts = {"part of the party"}}));
  EXPECT_FALSE(fits({.keywords = {"time warner"}}, {.texts = {"time to warner"}}));
  EXPECT_TRUE(fits({.keywords = {"地震"}}, {.texts = {"昨日地震がありました"}}));
}

TEST(Matcher, WordsOfDifferentTextsDoNotJoin) {
  EXPECT_FALSE(fits({.keywords = {"time warner"}}, {.texts = {"time", "warner"}}));
}

TEST(Matcher, FindsRegularExpressionsWithoutRegardToCase) {
  const Interest interest{.patterns = {R"(\bgpt-?[45]o?\b)", "colou?rs", "Ünï\\w+"}};
  EXPECT_TRUE(fits(interest, {.texts = {"new GPT-5 is here"}}));
  EXPECT_TRUE(fits(interest, {.texts = {"COLORS and more"}}));
  EXPECT_FALSE(fits(interest, {.texts = {"gptx"}}));
  EXPECT_TRUE(fits(interest, {.texts = {"so üNÏcode"}}));
}

TEST(Matcher, ExcludesAndSaysByWhat) {
  const Matcher matcher({{"list", {.keywords = {"jaguar"}, .exclude = {"car"}}}});
  EXPECT_EQ(matcher.match({.texts = {"a jaguar in the woods"}}).size(), 1U);
  EXPECT_THAT(matcher.match({.texts = {"a jaguar is a car"}}), IsEmpty());
  const auto all = matcher.match_all({.texts = {"a jaguar is a car"}});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].by, "jaguar");
  EXPECT_EQ(all[0].unless, "car");
}

TEST(Matcher, KnowsAuthorsDomainsLanguagesAndSources) {
  EXPECT_TRUE(fits({.authors = {"@Ada@social.example"}}, {.author = "ada@social.example"}));
  const Interest news{.domains = {"example.org"}};
  EXPECT_TRUE(fits(news, {.links = {"https://www.Example.org:8080/a?b"}}));
  EXPECT_TRUE(fits(news, {.author = "bob@example.org"}));
  EXPECT_FALSE(fits(news, {.links = {"https://badexample.org/"}}));
  EXPECT_FALSE(fits(news, {.links = {"https://evil.example/https://example.org"}}));
  const Interest german{.keywords = {"wahl"}, .languages = {"de"}, .sources = {"jetstream"}};
  EXPECT_TRUE(fits(german, {.texts = {"Wahl"}, .language = "de", .source = "jetstream"}));
  EXPECT_TRUE(fits(german, {.texts = {"Wahl"}, .language = "", .source = "jetstream"}));
  EXPECT_FALSE(fits(german, {.texts = {"Wahl"}, .language = "en", .source = "jetstream"}));
  EXPECT_FALSE(fits(german, {.texts = {"Wahl"}, .language = "de", .source = "feed"}));
}

TEST(Matcher, ServesAllListsInOnePass) {
  std::vector<std::pair<std::string, Interest>> lists;
  for (int n = 0; n < 2'000; ++n) {
    lists.push_back({std::to_string(n), {.keywords = {"common", "word" + std::to_string(n)}}});
  }
  const Matcher matcher(std::move(lists));
  EXPECT_EQ(matcher.patterns(), 2'001U) << "what two lists have in common is there once";
  EXPECT_EQ(fitting(matcher, {.texts = {"word7 and word1999"}}),
            (std::vector<std::string>{"7", "1999"}));
  EXPECT_EQ(matcher.match({.texts = {"common"}}).size(), 2'000U);
}

// Against the plain way, on a small alphabet, where everything overlaps.
TEST(Substrings, FindsWhatIsThereAndNothingElse) {
  std::mt19937 random(5);
  const auto letters = [&random](std::size_t size) {
    std::string text;
    while (text.size() < size) text += static_cast<char>('a' + random() % 3);
    return text;
  };
  Substrings substrings;
  std::vector<std::string> pieces;
  for (std::uint32_t id = 0; id < 300; ++id) {
    pieces.push_back(letters(3 + random() % 6));
    substrings.add(pieces.back(), id);
  }
  substrings.build();
  for (int turn = 0; turn < 200; ++turn) {
    const std::string text = letters(random() % 40);
    std::vector<std::uint32_t> found;
    substrings.find(text, found);
    const std::set<std::uint32_t> once(found.begin(), found.end());
    for (std::uint32_t id = 0; id < pieces.size(); ++id) {
      EXPECT_EQ(once.contains(id), text.find(pieces[id]) != std::string::npos)
          << text << pieces[id];
    }
  }
}

TEST(Phrases, FindsWhatIsThereAndNothingElse) {
  std::mt19937 random(6);
  const auto words = [&random](std::size_t count) {
    std::string text = " ";
    for (; count > 0; --count) text += std::string(1, static_cast<char>('a' + random() % 6)) + " ";
    return text;
  };
  Phrases phrases;
  std::vector<std::string> written;
  for (std::uint32_t id = 0; id < 100; ++id) {
    written.push_back(words(1 + random() % 3));
    phrases.add(written.back(), id);
  }
  phrases.build();
  for (int turn = 0; turn < 200; ++turn) {
    const std::string text = words(random() % 12);
    std::vector<std::uint32_t> found;
    phrases.find(text, found);
    const std::set<std::uint32_t> once(found.begin(), found.end());
    for (std::uint32_t id = 0; id < written.size(); ++id) {
      EXPECT_EQ(once.contains(id), text.find(written[id]) != std::string::npos)
          << text << written[id];
    }
  }
}

TEST(Matcher, BearsAnyBytes) {
  const Matcher matcher({{"list", {.keywords = {"word"}, .patterns = {"abc.*def"}}}});
  std::string bytes;
  for (int n = 0; n < 60'000; ++n) bytes += static_cast<char>(n * 131 % 256);
  EXPECT_THAT(matcher.match({.texts = {bytes}, .links = {bytes}, .author = bytes}), IsEmpty());
}

TEST(Patterns, AreRefusedWithAReason) {
  EXPECT_THAT(trouble_of_pattern("a(b"), HasSubstr("missing )"));
  EXPECT_THAT(trouble_of_pattern("[ab]+"), HasSubstr("fixed part"));
  EXPECT_THAT(trouble_of_pattern("(abc)*"), HasSubstr("fixed part"));
  EXPECT_THAT(trouble_of_pattern("(?i:abc)\\1"), HasSubstr("invalid escape"));
  EXPECT_THAT(trouble_of_pattern("abc(x{1000}){1000}"), HasSubstr("is"));
  EXPECT_EQ(trouble_of_pattern("abc|def"), "");
}

TEST(Patterns, ErrorsNameFieldAndPattern) {
  const json::value body = {{"keywords", {"fine", "!?"}}, {"patterns", {"a(b"}}};
  base::JsonReader in(body);
  read_interest(in);
  const auto verdict = in.finish();
  ASSERT_FALSE(verdict.has_value());
  ASSERT_EQ(verdict.error().fields.size(), 2U);
  EXPECT_EQ(verdict.error().fields[0].field, "keywords[1]");
  EXPECT_THAT(verdict.error().fields[0].message, HasSubstr("\"!?\" holds no word"));
  EXPECT_EQ(verdict.error().fields[1].field, "patterns[0]");
  EXPECT_THAT(verdict.error().fields[1].message, HasSubstr("a(b"));
}

TEST(Relevance, CountsTheNameMostAndHoldsExclusions) {
  const json::object trend{
      {"label", "#Jaguar"},
      {"aliases", {"jaguar cars"}},
      {"terms", {"electric"}},
      {"languages", {{{"id", "en"}, {"share", 0.95}}, {{"id", "de"}, {"share", 0.05}}}},
      {"samples", {{{"text", "a new model"}}, {{"text", "the model shows"}}}}};
  const Matcher matcher({{"name", {.keywords = {"jaguar"}}},
                         {"excluded", {.keywords = {"jaguar"}, .exclude = {"cars"}}},
                         {"term", {.keywords = {"electric"}}},
                         {"samples", {.keywords = {"model"}}},
                         {"german", {.keywords = {"jaguar"}, .languages = {"de"}}}});
  const auto rated = relevance(matcher, trend);
  EXPECT_DOUBLE_EQ(rated.at(0).value, 1);
  EXPECT_FALSE(rated.contains(1));
  EXPECT_DOUBLE_EQ(rated.at(2).value, 0.4);
  EXPECT_DOUBLE_EQ(rated.at(3).value, 0.8);
  EXPECT_FALSE(rated.contains(4));
}

}  // namespace
}  // namespace topics
