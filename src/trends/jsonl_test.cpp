#include "trends/jsonl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Reading {
  std::vector<std::string> texts;
  std::vector<std::uint64_t> lines;
  std::vector<std::uint64_t> bad;
  std::uint64_t next = 1;
};

Reading read(std::string text) {
  Reading reading;
  const std::size_t size = text.size();
  text.resize(size + JsonlReader::padding);
  JsonlReader reader;
  reader.read(
      std::string_view(text).substr(0, size), reading.next,
      [&](const MentionView& mention, std::uint64_t line) {
        reading.texts.emplace_back(mention.text);
        reading.lines.push_back(line);
        return true;
      },
      [&](std::uint64_t line, std::string_view) { reading.bad.push_back(line); });
  return reading;
}

std::string post(std::string_view text) {
  return R"({"id":"1","created_at":"2026-01-01T00:00:00Z","author":"a","text":")" +
         std::string(text) + "\"}";
}

TEST(Jsonl, ReadsEveryFieldInAnyOrder) {
  std::string text =
      R"({"text":"hi \"you\" \u00e4","tags":["a","b"],"extra":{"x":[1,2]},"links":["http://x.example"],"lang":"en",)"
      R"("author":"me","created_at":"2026-01-02T03:04:05.5+01:00","id":77,"url":"https://y.example","repost":true})"
      "\n";
  const std::size_t size = text.size();
  text.resize(size + JsonlReader::padding);
  std::uint64_t line = 1;
  int posts = 0;
  JsonlReader().read(
      std::string_view(text).substr(0, size), line,
      [&](const MentionView& mention, std::uint64_t) {
        ++posts;
        EXPECT_EQ(mention.id, "77");
        EXPECT_EQ(mention.text, "hi \"you\" ä");
        EXPECT_EQ(mention.author, "me");
        EXPECT_EQ(mention.language, "en");
        EXPECT_EQ(base::format_rfc3339(mention.at), "2026-01-02T02:04:05.5Z");
        EXPECT_THAT(mention.tags, ElementsAre("a", "b"));
        EXPECT_THAT(mention.links, ElementsAre("http://x.example"));
        EXPECT_EQ(mention.url, "https://y.example");
        EXPECT_TRUE(mention.repost);
        return true;
      },
      [&](std::uint64_t at, std::string_view reason) { ADD_FAILURE() << at << ": " << reason; });
  EXPECT_EQ(posts, 1);
  EXPECT_EQ(line, 2U);
}

TEST(Jsonl, NamesBadLinesAndReadsAllOthers) {
  const std::string text =
      post("one") + "\n" + "not json\n" + post("three") + "\n\n" +
      R"({"id":"5","text":"no time"})" + "\n" + post("six") + " " + post("seven") + "\n" +
      R"({"id":"7","created_at":"yesterday","text":"x"})" + "\n" + post("bad \xFF byte") + "\n" +
      "[1,2]\n" + R"({"id":"10","created_at":"2026-01-01T00:00:00Z","text":"cut)" + "\n" +
      post("eleven") + "\r\n" + post("last, without newline");
  const Reading reading = read(text);
  EXPECT_THAT(reading.texts, ElementsAre("one", "three", "eleven", "last, without newline"));
  EXPECT_THAT(reading.lines, ElementsAre(1, 3, 11, 12));
  EXPECT_THAT(reading.bad, ElementsAre(2, 5, 6, 7, 8, 9, 10));
}

TEST(Jsonl, AnObjectThatIsNotClosedSwallowsNoOtherLine) {
  const Reading reading =
      read(post("one") + "\n{\"id\":\"2\",\"x\":\n" + post("three") + "\n" + post("four") + "\n");
  EXPECT_THAT(reading.texts, ElementsAre("one", "three", "four"));
  EXPECT_THAT(reading.bad, ElementsAre(2));
}

TEST(Jsonl, NumbersLinesRightAcrossBlankOnes) {
  const Reading reading = read("\n\n" + post("three") + "\n\n\n" + post("six") + "\nbroken\n");
  EXPECT_THAT(reading.lines, ElementsAre(3, 6));
  EXPECT_THAT(reading.bad, ElementsAre(7));
  EXPECT_EQ(reading.next, 8U);
}

TEST(Jsonl, ManyLinesGiveTheSameAsOneByOne) {
  std::string all;
  std::vector<std::string> expected;
  for (int i = 0; i < 5000; ++i) {
    expected.push_back("text " + std::to_string(i) +
                       std::string(static_cast<std::size_t>(i % 130), '.'));
    all += post(expected.back()) + "\n";
  }
  const Reading reading = read(all);
  EXPECT_EQ(reading.texts, expected);
  EXPECT_THAT(reading.bad, IsEmpty());
  EXPECT_EQ(reading.next, 5001U);
}

TEST(Jsonl, DeepNestingAndHugeNumbersAreJustBadLines) {
  const std::string deep = "{\"a\":" + std::string(5000, '[') + "\n";
  const Reading reading =
      read(deep + post("two") + "\n{\"id\":1e999999,\"created_at\":\"2026-01-01T00:00:00Z\"}\n");
  EXPECT_THAT(reading.texts, ElementsAre("two"));
  EXPECT_THAT(reading.bad, ElementsAre(1, 3));
}

}  // namespace
}  // namespace trends
