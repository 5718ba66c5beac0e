#include "trends/sources/mastodon_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const base::Instant now = *base::parse_rfc3339("2026-11-23T06:30:00Z");
constexpr std::int64_t today = 1795392000;  // 2026-11-23T00:00:00Z

json::value parse(std::string_view text) { return *base::parse_json(text); }

json::value tags(int accounts, std::int64_t day = today) {
  return parse(fmt::format(
      R"([{{"name":"gardening","url":"https://m.example/tags/gardening","history":[{{"day":"{}","uses":"{}","accounts":"{}"}},{{"day":"1795305600","uses":"9","accounts":"8"}}]}}])",
      day, accounts * 2, accounts));
}

double total(const Batch& batch) {
  double sum = 0;
  for (const Mention& mention : batch.mentions) sum += mention.weight;
  return sum;
}

TEST(MastodonItems, ReadsAStatus) {
  Batch batch;
  read_status(
      parse(
          R"({"id":"9","uri":"https://m.example/users/a/statuses/9","url":"https://m.example/@a/9",
    "created_at":"2026-11-23T06:00:00.000Z","language":"en","content":"<p>Hello <a href=\"x\">#<span>World</span></a></p>",
    "spoiler_text":"","account":{"acct":"a","url":"https://m.example/@a"},"tags":[{"name":"world"}],
    "card":{"url":"https://news.example/1"},"reblog":null})"),
      now, batch);
  ASSERT_EQ(batch.mentions.size(), 1u);
  const Mention& mention = batch.mentions[0];
  EXPECT_EQ(mention.id, "https://m.example/users/a/statuses/9");
  EXPECT_EQ(mention.author, "https://m.example/@a");
  EXPECT_EQ(mention.text, "Hello #World");
  EXPECT_THAT(mention.tags, ElementsAre("world"));
  EXPECT_THAT(mention.links, ElementsAre("https://news.example/1"));
  EXPECT_FALSE(mention.repost);
}

TEST(MastodonItems, CountsBrokenStatuses) {
  Batch batch;
  read_statuses(
      parse(
          R"([5,null,{},{"uri":7,"created_at":[]},{"uri":"u","created_at":"x","account":{"acct":"a"}},
    {"uri":"u","created_at":"2026-11-23T06:00:00Z","account":"a"}])"),
      now, batch);
  EXPECT_THAT(batch.mentions, IsEmpty());
  EXPECT_EQ(batch.rejected, 6);
  EXPECT_THROW(read_statuses(parse(R"({"error":"nope"})"), now, batch), base::Unavailable);
}

TEST(MastodonItems, SpreadsAFirstLookOverTheDay) {
  Tally tally;
  Batch batch;
  read_trend_list(tags(70), TrendList::tags, "m.example", now, tally, batch);
  EXPECT_EQ(batch.mentions.size(), 7u);  // half past six: seven hours have begun
  EXPECT_NEAR(total(batch), 70, 0.01);
  for (const Mention& mention : batch.mentions) EXPECT_LE(mention.at, now);
  EXPECT_THAT(batch.mentions[0].tags, ElementsAre("gardening"));
}

TEST(MastodonItems, CountsOnlyWhatIsNewBetweenLooks) {
  Tally tally;
  Batch first;
  read_trend_list(tags(70), TrendList::tags, "m.example", now, tally, first);
  Batch same;
  read_trend_list(tags(70), TrendList::tags, "m.example", now, tally, same);
  EXPECT_THAT(same.mentions, IsEmpty());
  Tally restored = Tally::parse(tally.to_json());
  Batch more;
  read_trend_list(tags(85), TrendList::tags, "m.example", now, restored, more);
  EXPECT_EQ(total(more), 15);
  Batch fewer;  // a server that counts anew must not count twice
  read_trend_list(tags(60), TrendList::tags, "m.example", now, restored, fewer);
  read_trend_list(tags(85), TrendList::tags, "m.example", now, restored, fewer);
  EXPECT_THAT(fewer.mentions, IsEmpty());
  Batch tomorrow;
  read_trend_list(tags(4, today + 86400), TrendList::tags, "m.example",
                  now + std::chrono::hours{24}, restored, tomorrow);
  EXPECT_NEAR(total(tomorrow), 4, 0.001);
}

TEST(MastodonItems, CountsGrowingBoostsOfATrendingStatus) {
  const auto list = [](int boosts) {
    return parse(fmt::format(
        R"([{{"id":"1","uri":"u1","created_at":"2026-11-22T06:00:00Z","content":"viral","account":{{"acct":"a"}},"reblogs_count":{}}}])",
        boosts));
  };
  Tally tally;
  Batch first;
  read_trending_statuses(list(500), now, tally, first);
  EXPECT_EQ(total(first), 1);
  Batch next;
  read_trending_statuses(list(530), now + std::chrono::hours{24}, tally, next);
  ASSERT_EQ(next.mentions.size(), 2u);
  EXPECT_EQ(next.mentions[1].weight, 30);
  EXPECT_TRUE(next.mentions[1].repost);
}

TEST(MastodonItems, SurvivesHostileTrendLists) {
  Tally tally;
  Batch batch;
  read_trend_list(parse(
                      R"([1,{"name":"a"},{"name":"a","history":"x"},
    {"name":"a","history":[{"day":"1e99","accounts":"-5"}]},
    
    {"name":"","history":[{"day":"1795392000","accounts":"1"}]},
    {"name":"a","history":[{"day":{},"accounts":[]}]}])"),
                  TrendList::tags, "m.example", now, tally, batch);
  EXPECT_EQ(batch.rejected, 6);
  EXPECT_THAT(batch.mentions, IsEmpty());
  EXPECT_EQ(json::serialize(
                Tally::parse(parse(R"({"a":5,"b":["x",1],"c":[1,"9e999"],"d":[-1,2]})")).to_json()),
            "{}");
}

TEST(MastodonItems, ComparesIdsAsNumbers) {
  const auto list = parse(R"([{"id":"99"},{"id":"100"},{"id":"x1"},{"id":7},{}])");
  EXPECT_EQ(newest_id(list), "100");
  EXPECT_EQ(oldest_id(list), "99");
}

}  // namespace
}  // namespace trends
