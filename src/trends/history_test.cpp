#include "trends/history.h"

#include "base/id.h"
#include "base/json.h"
#include "db/testing.h"
#include "trends/board.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class HistoryTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase test_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, HistoryTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

const base::Instant monday = *base::parse_rfc3339("2026-05-04T12:00:00Z");

Trend rising(std::string topic, std::vector<std::string> terms = {},
             std::vector<std::string> posts = {}) {
  Trend trend{.id = topic, .topic = topic, .label = topic, .kind = Kind::tag, .score = 10};
  for (std::string& term : terms) trend.co_terms.push_back({.text = std::move(term)});
  for (std::string& post : posts) {
    trend.samples.push_back({.id = std::move(post), .text = "said", .source = "jetstream"});
  }
  trend.authors = 20;
  trend.expected = 2;
  trend.sparkline.fill(3);
  return trend;
}

// A writer of the live lane.
class Writer {
 public:
  explicit Writer(db::Database& database) : store_(database) {}

  io::Task<> tick(base::Instant at, std::vector<Trend> trends) {
    const Lane lane{.name = std::string(live_lane), .at = at, .event_at = at};
    EXPECT_TRUE(co_await store_.open_lane(lane, 1, false));
    for (Trend& trend : trends) trend.last_peak = at;
    book.forget(at - 24h);
    EXPECT_TRUE(co_await store_.write(lane, 1, std::move(trends), book));
  }
  io::Task<> restart(base::Instant at) { book = co_await store_.known("live", at - 24h); }
  std::string id(std::string_view topic) { return book.find(topic)->id; }

  StoryBook book;

 private:
  TrendStore store_;
};

io::Task<std::vector<std::string>> found(History& history, HistoryQuery query) {
  const auto page = co_await history.search(std::move(query));
  std::vector<std::string> labels;
  for (const PastStory& story : page->stories) {
    labels.push_back(base::text_at(json::value(story.trend.body), "/label"));
  }
  co_return labels;
}

io::Task<> searches(db::Database& database) {
  Writer writer(database);
  History history(database);
  co_await writer.tick(monday, {rising("#quake", {"Izmir", "magnitude"})});
  co_await writer.tick(monday + 48h, {rising("#Marathon", {"100%_run"})});
  co_await writer.tick(monday + 96h, {rising("#quake", {"Lima"})});
  EXPECT_THAT(co_await found(history, {}), ElementsAre("#quake", "#Marathon", "#quake"));
  EXPECT_THAT(co_await found(history, {.words = search_words("QUAKE izmir")}),
              ElementsAre("#quake"));
  EXPECT_THAT(co_await found(history, {.words = search_words("quake marathon")}), IsEmpty());
  EXPECT_THAT(co_await found(history, {.words = search_words("mara")}), ElementsAre("#Marathon"));
  EXPECT_THAT(co_await found(history, {.words = search_words("100%_r")}), ElementsAre("#Marathon"));
  EXPECT_THAT(co_await found(history, {.words = search_words("1%r")}), IsEmpty())
      << "signs of patterns are letters";
  EXPECT_THAT(co_await found(history, {.from = monday + 48h, .to = monday + 96h}),
              ElementsAre("#Marathon"));
  EXPECT_THAT(co_await found(history, {.kind = "word"}), IsEmpty());
  EXPECT_THAT(co_await found(history, {.category = "disaster"}), ElementsAre("#quake"));
}

TEST_P(HistoryTest, FindsByWordsTimeKindAndCategory) { test_.run(searches); }

io::Task<> pages(db::Database& database) {
  Writer writer(database);
  History history(database);
  std::vector<Trend> many;
  for (int i = 0; i < 7; ++i) many.push_back(rising("#t" + std::to_string(i)));
  co_await writer.tick(monday, many);  // one time for all: the id decides
  std::set<std::string> seen;
  std::string cursor;
  for (int turn = 0; turn < 4; ++turn) {
    const auto page = co_await history.search({.cursor = cursor, .limit = 3});
    EXPECT_TRUE(page.has_value());
    for (const PastStory& story : page->stories) EXPECT_TRUE(seen.insert(story.trend.id).second);
    cursor = page->next_cursor;
    if (cursor.empty()) break;
  }
  EXPECT_THAT(seen, SizeIs(7));
  EXPECT_EQ(cursor, "");
  for (const char* wrong : {"x", "5.", "5.x", ".0198c5a0-0000-7000-8000-000000000000"}) {
    EXPECT_FALSE((co_await history.search({.cursor = wrong})).has_value()) << wrong;
  }
}

TEST_P(HistoryTest, GoesOnFromPageToPage) { test_.run(pages); }

io::Task<> keeps_ids(db::Database& database) {
  Writer writer(database);
  co_await writer.tick(monday, {rising("#quake", {"izmir", "rescue", "teams"}), rising("#cup")});
  const std::string quake = writer.id("#quake");
  co_await writer.restart(monday + 1min);
  co_await writer.tick(monday + 1min, {rising("izmir", {"rescue", "teams"}), rising("#cup")});
  EXPECT_EQ(writer.id("izmir"), quake);
  co_await writer.tick(monday + 2min, {rising("rescue", {"izmir", "teams", "hope"})});
  EXPECT_EQ(writer.id("rescue"), quake);
  const auto rows = co_await database.execute(
      "SELECT id, topic, names, first_seen_at, best_score FROM trends ORDER BY first_seen_at, id");
  EXPECT_EQ(rows.size(), 2U);
  // Found by what it was called once, and by what it is called now.
  History history(database);
  EXPECT_THAT(co_await found(history, {.words = {"quake"}}), SizeIs(1));
  EXPECT_THAT(co_await found(history, {.words = {"hope"}}), SizeIs(1));
}

TEST_P(HistoryTest, StoriesKeepTheirIdsOverRestarts) { test_.run(keeps_ids); }

io::Task<> knows_earlier_stories(db::Database& database) {
  Writer writer(database);
  History history(database);
  std::vector<std::string> ids;
  for (int week = 0; week < 3; ++week) {
    const auto at = monday + week * 24h * 7;
    co_await writer.tick(at, {rising(week == 1 ? "grand final" : "#grandfinal", {"song"}),
                              rising("#other" + std::to_string(week))});
    ids.push_back(writer.id("#grandfinal"));
  }
  const auto earlier = co_await history.earlier(ids[2], 20);
  std::vector<std::string> found_ids;
  for (const PastStory& story : earlier) found_ids.push_back(story.trend.id);
  EXPECT_THAT(found_ids, ElementsAre(ids[1], ids[0]));
  EXPECT_THAT(co_await history.earlier(ids[0], 20), IsEmpty());
  EXPECT_THAT(co_await history.earlier(ids[2], 1), SizeIs(1));
}

TEST_P(HistoryTest, KnowsEarlierStoriesOfTheSameName) { test_.run(knows_earlier_stories); }

io::Task<> follows(db::Database& database) {
  Writer writer(database);
  base::VirtualClock clock(monday);
  Board board(co_await boost::asio::this_coro::executor, database, clock);
  co_await writer.tick(monday, {rising("#cup"), rising("final")});
  const std::string cup = writer.id("#cup");
  const std::string both = writer.id("final");
  EXPECT_NE(cup, both);
  EXPECT_EQ((co_await board.follow(cup, 30min))->trend.id, cup);
  // The detector sees by now that they are one.
  clock.advance(1h);
  Trend one = rising("final");
  one.aliases = {"#cup"};
  co_await writer.tick(monday + 1h, {one, rising("#other")});
  board.changed();
  EXPECT_EQ((co_await board.follow(both, 30min))->trend.id, both);
  EXPECT_EQ((co_await board.follow(cup, 30min))->trend.id, both) << "it goes on in the other";
  clock.advance(1h);
  board.changed();
  EXPECT_FALSE(co_await board.follow(cup, 30min)) << "neither is listed";
  EXPECT_FALSE(co_await board.follow(base::make_uuid7(), 30min));
}

TEST_P(HistoryTest, FollowsAStoryIntoTheOneItBecamePartOf) { test_.run(follows); }

io::Task<> closes(db::Database& database) {
  Writer writer(database);
  History history(database);
  co_await writer.tick(monday, {rising("#old", {}, {"p1"})});
  const std::string old = writer.id("#old");
  co_await writer.tick(monday + 24h * 10, {rising("#new", {}, {"p2"})});
  EXPECT_EQ(co_await history.close(monday + 24h * 5), 1U);
  EXPECT_EQ(co_await history.close(monday + 24h * 5), 0U) << "once";
  TrendStore store(database);
  const auto story = co_await store.find(old);
  const std::string text = json::serialize(story->body);
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("said")));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("voices")));
  EXPECT_THAT(co_await store.points(old), IsEmpty());
  const auto series = closed_series(story->body);
  EXPECT_THAT(series, SizeIs(sparkline_length));
  EXPECT_EQ(series.back().observed, 3);
  EXPECT_LT(text.size(), 6000U);
  const auto open = co_await store.find(writer.id("#new"));
  EXPECT_THAT(json::serialize(open->body), testing::HasSubstr("said"));
  co_await store.prune(monday + 24h);
  EXPECT_FALSE((co_await store.find(old)).has_value());
}

TEST_P(HistoryTest, ClosesWhatIsOverAndDropsItsPosts) { test_.run(closes); }

io::Task<> takes_back(db::Database& database) {
  Writer writer(database);
  History history(database);
  co_await writer.tick(monday, {rising("#one", {}, {"p1", "p2"}), rising("#two", {}, {"p2"}),
                                rising("#three", {}, {"p3"})});
  EXPECT_EQ(co_await history.take_back({{"jetstream", "p2"}, {"mastodon", "p3"}, {"x", "y"}}), 2U);
  TrendStore store(database);
  const auto left = [](const StoredTrend& trend) {
    return trend.body.at("samples").as_array().size();
  };
  EXPECT_EQ(left(*co_await store.find(writer.id("#one"))), 1U);
  EXPECT_EQ(left(*co_await store.find(writer.id("#two"))), 0U);
  EXPECT_EQ(left(*co_await store.find(writer.id("#three"))), 1U) << "of another source";
  EXPECT_EQ(co_await history.take_back({{"jetstream", "p2"}}), 0U);
  EXPECT_EQ(co_await history.take_back({}), 0U);
  // Posts that are no longer shown are no longer known either.
  co_await writer.tick(monday + 1min, {rising("#one", {}, {"p4"})});
  EXPECT_EQ(co_await history.take_back({{"jetstream", "p1"}}), 0U);
  EXPECT_EQ(co_await history.take_back({{"jetstream", "p4"}}), 1U);
}

TEST_P(HistoryTest, TakesPostsBack) { test_.run(takes_back); }

TEST(Thinned, KeepsTheHighestOfEachStretch) {
  std::vector<TrendPoint> series;
  for (int i = 0; i < 100; ++i) {
    series.push_back({.at = monday + i * 30min, .observed = i == 41 ? 99.0 : i % 10});
  }
  const auto few = thinned(series, 10);
  ASSERT_THAT(few, SizeIs(10));
  EXPECT_EQ(few[4].observed, 99);
  EXPECT_EQ(few[5].observed, 9);
  EXPECT_EQ(thinned(series, 100), series);
}

}  // namespace
}  // namespace trends
