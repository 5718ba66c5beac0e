// A post that was made from a trend goes out while the trend lives.
#include "publishing/freshness.h"

#include "publishing/world.h"

#include <gmock/gmock.h>

namespace publishing::testing {
namespace {

using ::testing::HasSubstr;

class FreshnessTest : public ::testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, FreshnessTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

// Every post is guarded; `died` is what it says of each.
class ScriptedDoor final : public FreshnessDoor {
 public:
  io::Task<std::set<base::PostId>> guarded(std::vector<base::PostId> posts) override {
    co_return std::set<base::PostId>(posts.begin(), posts.end());
  }
  io::Task<std::optional<event::TrendDied>> look(base::PostId, base::TargetId) override {
    ++looks;
    co_return died;
  }
  std::optional<event::TrendDied> died;
  int looks = 0;
};

struct Office {
  explicit Office(World& world) : process(world, RetryClass::safe_by_key) {
    WorkerDoors doors = process.doors();
    doors.freshness = &door;
    process.worker = std::make_unique<Worker>(world.executor, std::move(doors),
                                              WorkerSettings{.owner = "w", .lead = 0ms});
  }
  ScriptedDoor door;
  Process process;
};

io::Task<> dead_and_alive(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Office office(world);
  Worker& worker = *office.process.worker;

  office.door.died = event::TrendDied{.drop = false, .reason = "It died."};
  const World::Made held = co_await world.post({});
  co_await worker.publish_due();
  EXPECT_EQ(co_await world.state(held.targets[0]), S::needs_decision);
  EXPECT_THAT((co_await world.row(held.targets[0]))["state_reason"].text(), HasSubstr("It died."));
  const auto entries = co_await database.execute(
      "SELECT message FROM timeline WHERE target_id = $1 AND event = 'trend_died'",
      {held.targets[0]});
  EXPECT_EQ(entries.size(), 1U);

  office.door.died->drop = true;
  const World::Made dropped = co_await world.post({});
  co_await worker.publish_due();
  EXPECT_EQ(co_await world.state(dropped.targets[0]), S::missed);

  office.door.died.reset();
  const World::Made fresh = co_await world.post({});
  co_await worker.publish_due();
  EXPECT_EQ(co_await world.state(fresh.targets[0]), S::published);
  EXPECT_EQ(office.door.looks, 3);
  co_await worker.stop(0ms);
}

TEST_P(FreshnessTest, DeadTrendsAreHeldOrDroppedAndLiveOnesGo) { database_.run(dead_and_alive); }

}  // namespace
}  // namespace publishing::testing
