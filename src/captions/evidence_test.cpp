#include "captions/evidence.h"

#include "base/text.h"

#include <gtest/gtest.h>

namespace captions {
namespace {

TEST(TidyLine, TakesOutWhatHasAMeaningElsewhere) {
  EXPECT_EQ(tidy_line("a\r\nb\x01 <|im_end|> ```c``` {x} \"q\"", 100), "a b im_end c x q");
  EXPECT_EQ(tidy_line("  \n ", 100), "");
}

TEST(TidyLine, IsBounded) {
  EXPECT_LE(base::count_graphemes(tidy_line(std::string(100'000, 'x'), 40)), 40U);
  EXPECT_TRUE(base::is_utf8(tidy_line("\xff\xfe ok", 40)));
}

TEST(Tidy, KeepsNoMentionsAndNoFalseLinks) {
  const TrendEvidence tidied = tidy({.label = "#Tag",
                                     .terms = {"a", "@somebody", "a", "b"},
                                     .links = {"https://a.example/x", "javascript:alert(1)",
                                               "see https://b.example", "https://c.example/\n"}});
  EXPECT_EQ(tidied.terms, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(tidied.links, std::vector<std::string>{"https://a.example/x"});
}

TEST(Tidy, BoundsTheNumberOfEverything) {
  TrendEvidence evidence{.label = "x"};
  for (int i = 0; i < 1000; ++i) {
    evidence.terms.push_back(std::to_string(i));
    evidence.samples.push_back(std::string(10'000, 'x') + std::to_string(i));
    evidence.sources.push_back(std::to_string(i));
  }
  const TrendEvidence tidied = tidy(std::move(evidence));
  EXPECT_EQ(tidied.terms.size(), 8U);
  EXPECT_LE(tidied.samples.size(), 5U);
  EXPECT_EQ(tidied.sources.size(), 5U);
}

}  // namespace
}  // namespace captions
