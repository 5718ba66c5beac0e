#include "trends/sources/hacker_news_items.h"

#include <gtest/gtest.h>

namespace trends {
namespace {

const base::Instant now = *base::parse_rfc3339("2026-11-23T12:00:00Z");

HackerNewsItem read(std::string_view text) {
  return read_hacker_news_item(*base::parse_json(text), now);
}

TEST(HackerNewsItems, ReadsStoriesAndComments) {
  const auto story = read(
      R"({"id":8863,"type":"story","by":"dhouston","time":1795400000,"title":"My YC app","url":"http://www.getdropbox.com/u/2/","score":111})");
  ASSERT_EQ(story.verdict, ItemVerdict::mention);
  EXPECT_EQ(story.mention.id, "8863");
  EXPECT_EQ(story.mention.text, "My YC app");
  EXPECT_EQ(story.mention.url, "https://news.ycombinator.com/item?id=8863");
  EXPECT_EQ(story.mention.links.at(0), "http://www.getdropbox.com/u/2/");
  const auto comment = read(
      R"({"id":9,"type":"comment","by":"a","time":99999999999,"text":"It&#x27;s <i>fine</i><p>Really"})");
  EXPECT_EQ(comment.verdict, ItemVerdict::broken);  // a time in the year 5138
  const auto future = read(
      R"({"id":9,"type":"comment","by":"a","time":1995400000,"text":"It&#x27;s <i>fine</i>"})");
  ASSERT_EQ(future.verdict, ItemVerdict::mention);
  EXPECT_EQ(future.mention.at, now);
  EXPECT_EQ(future.mention.text, "It's fine");
}

TEST(HackerNewsItems, LeavesOutWhatWasRemoved) {
  EXPECT_EQ(read(R"({"id":1,"deleted":true,"type":"comment","time":1})").verdict,
            ItemVerdict::ignored);
  EXPECT_EQ(read(R"({"id":1,"dead":true,"type":"story","by":"a","title":"x","time":1})").verdict,
            ItemVerdict::ignored);
  EXPECT_EQ(read(R"({"id":1,"type":"pollopt","by":"a","text":"x","time":1})").verdict,
            ItemVerdict::ignored);
}

TEST(HackerNewsItems, RefusesWrongTypes) {
  for (const char* item :
       {"7", "[]", "{}", R"("x")", R"({"id":"1","type":"story","by":"a","time":1,"title":"t"})",
        R"({"id":1,"type":7,"by":"a","time":1,"title":"t"})",
        R"({"id":1,"type":"story","by":{},"time":1,"title":"t"})",
        R"({"id":1,"type":"story","by":"a","time":-1,"title":"t"})",
        R"({"id":1e30,"type":"story","by":"a","time":1,"title":"t"})",
        R"({"id":1,"type":"story","by":"a","time":1,"title":["t"]})"}) {
    EXPECT_EQ(read(item).verdict, ItemVerdict::broken) << item;
  }
}

}  // namespace
}  // namespace trends
