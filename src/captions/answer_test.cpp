#include "captions/answer.h"

#include "base/text.h"

#include <gtest/gtest.h>

namespace captions {
namespace {

const TrendEvidence evidence{.label = "#Tag", .links = {"https://news.example/story"}};

std::string accepted(std::string_view said, CaptionRequest request = {}) {
  const auto caption = accept_answer(said, evidence, request, Room());
  return caption ? caption->text : "(nothing)";
}

TEST(Answer, TakesWrappingOff) {
  EXPECT_EQ(accepted("  \"A post. #Tag\"\n"), "A post. #Tag");
  EXPECT_EQ(accepted("```text\nA post.\n```"), "A post.");
  EXPECT_EQ(accepted("„Ein Beitrag.“"), "Ein Beitrag.");
  EXPECT_EQ(accepted("One.\n\n\n\nTwo.\x07"), "One.\n\nTwo.");
}

TEST(Answer, LetsOnlyKnownLinksPass) {
  EXPECT_EQ(accepted("Read https://news.example/story."), "Read https://news.example/story.");
  EXPECT_EQ(accepted("Read https://evil.example/x now"), "Read now");
  EXPECT_EQ(accepted("Go (http://evil.example)! www.evil.example evil.example/win"), "Go");
  EXPECT_EQ(accepted("ftp://evil.example hi"), "hi");
  EXPECT_EQ(accepted("See https://mine.example", {.instructions = "link to https://mine.example"}),
            "See https://mine.example");
  const auto caption = accept_answer("x https://evil.example", evidence, {}, Room());
  EXPECT_TRUE(caption->note.contains("link")) << caption->note;
}

TEST(Answer, CallsNobody) {
  EXPECT_EQ(accepted("Thanks @somebody and @a@b.example!"), "Thanks somebody and ab.example!");
  EXPECT_EQ(accepted("Thanks @me!", {.instructions = "mention @me"}), "Thanks @me!");
}

TEST(Answer, IsCutToTheRoom) {
  const Room room(nullptr, {.unit = networks::CountUnit::graphemes, .text_max = 40});
  const auto caption = accept_answer(
      "A sentence that is much longer than forty characters. #Tag #Other", evidence, {}, room);
  ASSERT_TRUE(caption);
  EXPECT_LE(base::count_graphemes(caption->text), 40U);
  EXPECT_TRUE(caption->note.contains("cut"));
  EXPECT_TRUE(caption->hashtags.empty());
}

TEST(Answer, FindsHashtags) {
  const auto caption = accept_answer("A #Tag, #more and #Tag.", evidence, {}, Room());
  EXPECT_EQ(caption->hashtags, (std::vector<std::string>{"#Tag", "#more"}));
}

TEST(Answer, MayBeUseless) {
  EXPECT_EQ(accepted(""), "(nothing)");
  EXPECT_EQ(accepted("```\n```"), "(nothing)");
  EXPECT_EQ(accepted("https://evil.example"), "(nothing)");
  EXPECT_NE(accepted(std::string(1'000'000, 'x')), "(nothing)");
}

}  // namespace
}  // namespace captions
