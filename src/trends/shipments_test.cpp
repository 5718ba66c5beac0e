#include "trends/shipments.h"

#include "db/testing.h"
#include "trends/reading.h"
#include "trends/trend_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const base::Vault& vault() {
  static const auto made = base::Vault::parse(base::Vault::make_key());
  return *made;
}

class ShipmentsTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase test_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, ShipmentsTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

Shipment shipment(std::string part, std::int64_t number, std::string bytes) {
  return {.part = std::move(part), .number = number, .mentions = 3, .bytes = std::move(bytes)};
}

Standing standing(std::string part, std::int64_t fence, std::string cursor) {
  return {.source = std::move(part), .fence = fence, .cursor = std::move(cursor)};
}

std::vector<std::string> bytes_of(const Shipments::Arrived& arrived) {
  std::vector<std::string> all;
  for (const Shipment& each : arrived.shipments) all.push_back(each.bytes);
  return all;
}

io::Task<> ships_once(db::Database& database) {
  base::VirtualClock clock(base::SystemClock().now());
  SourceStore sources(database, clock, vault());
  Shipments shipments(database, clock);
  EXPECT_EQ(co_await sources.begin("a", 1), "");
  EXPECT_EQ(co_await shipments.last_number("a"), 0);
  EXPECT_TRUE(co_await shipments.ship(shipment("a", 1, "one"), standing("a", 1, "c1")));
  // Nobody knew whether it went through.
  EXPECT_TRUE(co_await shipments.ship(shipment("a", 1, "one"), standing("a", 1, "c1")));
  EXPECT_TRUE(co_await shipments.ship(shipment("a", 2, "two"), standing("a", 1, "c2")));
  EXPECT_FALSE(co_await shipments.ship(shipment("a", 4, "gap"), standing("a", 1, "c4")));
  EXPECT_EQ(co_await shipments.last_number("a"), 2);
  EXPECT_THAT(bytes_of(co_await shipments.after({})), ElementsAre("one", "two"));
  EXPECT_THAT(bytes_of(co_await shipments.after({{"a", 1}})), ElementsAre("two"));

  // The next reader goes on from there; the last one wakes up and writes nothing.
  EXPECT_EQ(co_await sources.begin("a", 2), "c2");
  EXPECT_FALSE(co_await shipments.ship(shipment("a", 3, "late"), standing("a", 1, "c3")));
  EXPECT_FALSE(co_await shipments.ship({.part = "a"}, standing("a", 1, "c3")));
  EXPECT_TRUE(co_await shipments.ship(shipment("a", 3, "three"), standing("a", 2, "c5")));
  EXPECT_TRUE(co_await shipments.ship({.part = "a"}, standing("a", 2, "c6")));
  EXPECT_EQ(co_await sources.begin("a", 3), "c6");
  EXPECT_THAT(bytes_of(co_await shipments.after({})), ElementsAre("one", "two", "three"));
}

TEST_P(ShipmentsTest, WritesEachOnceAndMovesTheCursorWithIt) { test_.run(ships_once); }

io::Task<> removes_counted(db::Database& database) {
  base::VirtualClock clock(base::SystemClock().now());
  SourceStore sources(database, clock, vault());
  Shipments shipments(database, clock);
  TrendStore trends(database);
  for (const std::string part : {"a", "b"}) {
    EXPECT_TRUE((co_await sources.begin(part, 1)).has_value());
    for (int number = 1; number <= 3; ++number) {
      EXPECT_TRUE(co_await shipments.ship(shipment(part, number, fmt::format("{}{}", part, number)),
                                          standing(part, 1, "c")));
    }
  }
  const Lane lane{.name = "live", .at = clock.now(), .event_at = clock.now()};
  EXPECT_TRUE(co_await trends.open_lane(lane, 5, false));
  EXPECT_TRUE(co_await trends.save_snapshot("live", 5, "state", {}, {{"a", 2}, {"b", 1}}, sources,
                                            clock.now()));
  EXPECT_THAT(bytes_of(co_await shipments.after({})), ElementsAre("a3", "b2", "b3"));
  // Of a process that lost its lease nothing is taken away.
  EXPECT_FALSE(
      co_await trends.save_snapshot("live", 4, "old", {}, {{"a", 3}}, sources, clock.now()));
  EXPECT_THAT(bytes_of(co_await shipments.after({})), ElementsAre("a3", "b2", "b3"));
  clock.advance(1h);
  EXPECT_TRUE(co_await shipments.ship(shipment("a", 4, "a4"), standing("a", 1, "c")));
  EXPECT_EQ(co_await shipments.prune(clock.now() - 30min), 3);
  EXPECT_THAT(bytes_of(co_await shipments.after({})), ElementsAre("a4"));
}

TEST_P(ShipmentsTest, LeaveWithTheSnapshotThatHoldsThem) { test_.run(removes_counted); }

io::Task<> counts_processes(db::Database& database) {
  base::VirtualClock clock(base::SystemClock().now());
  Shipments shipments(database, clock);
  EXPECT_EQ(co_await shipments.beat("one"), 1U);
  EXPECT_EQ(co_await shipments.beat("two"), 2U);
  clock.advance(20s);
  EXPECT_EQ(co_await shipments.beat("two"), 1U);
  EXPECT_EQ(co_await shipments.beat("one"), 2U);
  co_await shipments.leave("two");
  EXPECT_EQ(co_await shipments.beat("one"), 1U);
}

TEST_P(ShipmentsTest, KnowsHowManyProcessesRead) { test_.run(counts_processes); }

io::Task<> tells_parts_together(db::Database& database) {
  base::VirtualClock clock(base::SystemClock().now());
  SourceStore sources(database, clock, vault());
  const auto added = co_await sources.add("jetstream", {}, true);
  EXPECT_TRUE(added.has_value());
  const std::string id = added->row.id;
  const auto say = [&](std::string part, SourceStatus status) -> io::Task<> {
    EXPECT_TRUE((co_await sources.begin(part, 1)).has_value());
    EXPECT_TRUE(co_await sources.save_status(part, 1, std::move(status)));
  };
  co_await say(id, {.state = SourceState::connected, .mentions = 7});
  co_await say(id + "#1/2", {.state = SourceState::connected, .mentions = 10, .lag_seconds = 1.0});
  co_await say(id + "#2/2", {.state = SourceState::failing, .message = "no", .mentions = 20});
  const auto view = co_await sources.find(id);
  EXPECT_EQ(view->status->state, SourceState::failing);
  EXPECT_EQ(view->status->message, "no");
  EXPECT_EQ(view->status->mentions, 30);  // without what is from before it was divided
  EXPECT_EQ(view->status->lag_seconds, 1.0);
  EXPECT_TRUE((co_await sources.remove(id)).has_value());
  const auto left = co_await database.execute("SELECT COUNT(*) AS n FROM source_state");
  EXPECT_EQ(left[0]["n"].integer(), 0);
}

TEST_P(ShipmentsTest, TellTheirPartsAsOneSource) { test_.run(tells_parts_together); }

TEST(AuthorPart, GivesEachAuthorToOnePart) {
  std::array<int, 3> sizes{};
  for (int number = 0; number < 3'000; ++number) {
    const Mention mention{.id = "p", .author = fmt::format("did:plc:{}", number)};
    int takers = 0;
    for (std::size_t index = 0; index < sizes.size(); ++index) {
      if (!is_in_part(mention, {.id = "s", .index = index, .of = sizes.size()})) continue;
      ++takers;
      ++sizes.at(index);
    }
    ASSERT_EQ(takers, 1);
    EXPECT_TRUE(is_in_part(mention, {.id = "s"}));
  }
  for (const int size : sizes) EXPECT_NEAR(size, 1'000, 150);
}

}  // namespace
}  // namespace trends
