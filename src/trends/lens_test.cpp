#include "trends/lens.h"

#include "trends/vulgar_words.h"

#include <gtest/gtest.h>

namespace trends {
namespace {

using Kind = FilterEntry::Kind;
using List = FilterEntry::List;

json::object trend(std::string label, json::array aliases = {}, std::string kind = "word") {
  return {{"topic", label},
          {"label", label},
          {"kind", kind},
          {"aliases", std::move(aliases)},
          {"terms", json::array{}},
          {"authors", 20},
          {"coordinated", false},
          {"languages", json::array{json::object{{"id", "en"}, {"share", 1.0}}}},
          {"samples", json::array{}}};
}

json::object sample(std::string author, std::string url, std::string text = "") {
  return {{"author", std::move(author)}, {"url", std::move(url)}, {"text", std::move(text)}};
}

FilterEntry entry(List list, Kind kind, std::string value) {
  return {.list = list, .kind = kind, .value = value, .folded = folded_value(kind, value)};
}

Lens lens(std::vector<FilterEntry> entries) { return Lens({.entries = std::move(entries)}); }

TEST(Lens, BlocksTopicsByWholeWordsOfAnyName) {
  const Lens blocks = lens({entry(List::block, Kind::topic, "#TimeWarner")});
  EXPECT_TRUE(blocks.hides(trend("time warner")));
  EXPECT_TRUE(blocks.hides(trend("merger", {"time warner"})));
  EXPECT_FALSE(blocks.hides(trend("time")));
  const Lens word = lens({entry(List::block, Kind::topic, "Trump")});
  EXPECT_TRUE(word.hides(trend("donald trump")));
  EXPECT_TRUE(word.hides(trend("#trump")));
  EXPECT_FALSE(word.hides(trend("trumpet solo"))) << "a part of a word is not the word";
}

TEST(Lens, WhatIsAllowedIsNeverHidden) {
  Filters filters{.hide_flagged = true, .min_authors = 100};
  json::object flagged = trend("#ourshow");
  flagged["coordinated"] = true;
  EXPECT_TRUE(Lens(filters).hides(flagged));
  filters.entries = {entry(List::allow, Kind::topic, "our show")};
  EXPECT_FALSE(Lens(filters).hides(flagged));
}

TEST(Lens, BlocksDomainsWithTheirPartsUnlessThoseAreAllowed) {
  const Lens blocks = lens({entry(List::block, Kind::domain, "https://www.Example.org/front"),
                            entry(List::allow, Kind::domain, "news.example.org")});
  EXPECT_TRUE(blocks.hides(trend("example.org/a", {}, "link")));
  EXPECT_TRUE(blocks.hides(trend("shop.example.org/a", {}, "link")));
  EXPECT_FALSE(blocks.hides(trend("news.example.org/a", {}, "link")));
  EXPECT_FALSE(blocks.hides(trend("notexample.org/a", {}, "link")));
}

TEST(Lens, TakesOutPostsOfBlockedAuthorsAndHidesWhatIsMostlyTheirs) {
  const Lens blocks = lens({entry(List::block, Kind::author, "@Spam@example.org"),
                            entry(List::block, Kind::domain, "spam.example")});
  json::object body = trend("deal");
  body["samples"] =
      json::array{sample("spam@example.org", "https://e.org/1"),
                  sample("anna", "https://e.org/2", "see https://www.spam.example/x"),
                  sample("ben", "https://e.org/3"), sample("cleo", "https://e.org/4")};
  EXPECT_FALSE(blocks.hides(body)) << "half is not most";
  EXPECT_EQ(blocks.cleaned(body).at("samples").as_array().size(), 2U);
  body["samples"] = json::array{sample("spam@example.org", ""), sample("spam@example.org", ""),
                                sample("ben", "https://e.org/3")};
  EXPECT_TRUE(blocks.hides(body));
}

TEST(Lens, AsksForAuthors) {
  Filters filters{.min_authors = 21};
  EXPECT_TRUE(Lens(filters).hides(trend("small")));
  filters.min_authors = 20;
  EXPECT_FALSE(Lens(filters).hides(trend("small")));
}

TEST(Lens, HidesVulgarNamesUnlessToldNotTo) {
  ASSERT_GT(vulgar_word_count(), 500U) << "the page's packages are needed: npm ci in web/";
  ASSERT_TRUE(is_vulgar("asshole", "en"));
  EXPECT_TRUE(Lens({}).hides(trend("#asshole")));
  EXPECT_TRUE(Lens({}).hides(trend("what an asshole")));
  EXPECT_FALSE(Lens({.hide_adult = false}).hides(trend("#asshole")));
  for (const char* name : {"arsenal", "scunthorpe", "africa", "cocktail hour", "#essex"}) {
    EXPECT_FALSE(Lens({}).hides(trend(name))) << name;
  }
  // Of the language that is spoken, except for tags.
  json::object german = trend("asshole");
  german["languages"] = json::array{json::object{{"id", "de"}, {"share", 1.0}}};
  EXPECT_FALSE(Lens({}).hides(german));
  EXPECT_TRUE(lens({entry(List::block, Kind::topic, "asshole")}).hides(german));
  json::object by_terms = trend("tonight");
  by_terms["terms"] = json::array{"asshole", "tonight"};
  EXPECT_FALSE(Lens({}).hides(by_terms)) << "one of its words is how people talk";
  by_terms["terms"] = json::array{"asshole", "motherfucker"};
  EXPECT_TRUE(Lens({}).hides(by_terms));
}

TEST(Lens, ValuesOfWhichNothingIsLeftAreNone) {
  EXPECT_EQ(folded_value(Kind::topic, " # "), "");
  EXPECT_EQ(folded_value(Kind::author, " @ "), "");
  EXPECT_EQ(folded_value(Kind::domain, "localhost"), "");
  EXPECT_EQ(folded_value(Kind::domain, "HTTPS://user@WWW.Example.org:443/x?y"), "example.org");
}

TEST(Lens, SameFiltersHaveTheSameFingerprint) {
  const auto one = entry(List::block, Kind::topic, "a");
  EXPECT_EQ(lens({one}).fingerprint(), lens({one}).fingerprint());
  EXPECT_NE(lens({one}).fingerprint(), Lens({}).fingerprint());
  EXPECT_NE(Lens({}).fingerprint(), Lens({.hide_adult = false}).fingerprint());
}

}  // namespace
}  // namespace trends
