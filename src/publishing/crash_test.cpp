// A worker dies at every step there is, and another one takes over.
#include "publishing/world.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>

namespace publishing::testing {
namespace {

class CrashTest : public WorldTest {};
INSTANTIATE_TEST_SUITE_P(Databases, CrashTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

struct Fault {
  RetryClass retry;
  std::deque<Reply> publish;
  std::deque<Reply> find;
};

io::Task<> hold_against_the_promise(World& world, World::Made post, const Fault& fault,
                                    std::string where) {
  SCOPED_TRACE(where);
  for (const base::TargetId& target : post.targets) {
    const std::string key = co_await world.key(target);
    const S state = co_await world.state(target);
    const std::size_t arrived = world.receiver.count(key);
    if (fault.retry == RetryClass::blind) {
      EXPECT_LE(arrived, 1u);
      EXPECT_TRUE(state == S::published ? arrived == 1u : state == S::needs_decision)
          << posts::to_string(state);
    } else {
      EXPECT_EQ(arrived, 1u);
      EXPECT_EQ(state, S::published);
    }
  }
}

io::Task<> die_at_every_door(World& world, Fault fault) {
  constexpr int doors_at_most = 2'000;
  int deaths = 0;
  for (int door = 0; door < doors_at_most; ++door) {
    auto post = co_await world.post({.due = world.clock.now()});
    Process first(world, fault.retry, Threads::part_by_part, door);
    first.network.publish_script = fault.publish;
    first.network.find_script = fault.find;
    co_await first.live(8);
    if (!first.fate.dead()) break;
    ++deaths;
    world.sleep.advance(2min);
    Process second(world, fault.retry);
    co_await second.live(12);
    co_await hold_against_the_promise(world, post, fault, "door " + std::to_string(door));
  }
  EXPECT_GT(deaths, 15);
  EXPECT_LT(deaths, doors_at_most);
}

TEST_P(CrashTest, ExactlyOnceByKeyWhereverAProcessDies) {
  run([](World& world) -> io::Task<> {
    co_await die_at_every_door(world, {RetryClass::safe_by_key, {}, {}});
    co_await die_at_every_door(world, {RetryClass::safe_by_key, {Reply::lost}, {}});
    co_await die_at_every_door(world, {RetryClass::safe_by_key, {Reply::unreachable}, {}});
  });
}

TEST_P(CrashTest, ExactlyOnceByLookUpWhereverAProcessDies) {
  run([](World& world) -> io::Task<> {
    co_await die_at_every_door(world, {RetryClass::safe_by_lookup, {}, {}});
    co_await die_at_every_door(world,
                               {RetryClass::safe_by_lookup, {Reply::lost}, {Reply::cannot_tell}});
    co_await die_at_every_door(world, {RetryClass::safe_by_lookup, {Reply::unreachable}, {}});
  });
}

TEST_P(CrashTest, AtMostOnceWhereNobodyCanTellWhereverAProcessDies) {
  run([](World& world) -> io::Task<> {
    co_await die_at_every_door(world, {RetryClass::blind, {}, {}});
    co_await die_at_every_door(world, {RetryClass::blind, {Reply::lost}, {}});
  });
}

TEST_P(CrashTest, ThreadsSurviveManyDeaths) {
  run([](World& world) -> io::Task<> {
    std::mt19937 chance(7);  // fixed: the same deaths every time
    for (int i = 0; i < 25; ++i) {
      const Fault fault{i % 2 ? RetryClass::safe_by_key : RetryClass::safe_by_lookup, {}, {}};
      auto post = co_await world.post(
          {.parts = {"one", "two", "three"}, .by_part = true, .due = world.clock.now()});
      for (int death = 0; death < 5; ++death) {
        Process mortal(world, fault.retry, Threads::part_by_part, static_cast<int>(chance() % 60));
        if (chance() % 2) mortal.network.publish_script = {Reply::lost, Reply::unreachable};
        co_await mortal.live(6);
        world.sleep.advance(90s);
      }
      Process last(world, fault.retry);
      co_await last.live(40);
      co_await hold_against_the_promise(world, post, fault, "thread " + std::to_string(i));
      // In order, too.
      std::vector<std::size_t> order;
      for (const base::TargetId& target : post.targets) {
        const std::string key = co_await world.key(target);
        const auto& all = world.receiver.posts;
        order.push_back(
            static_cast<std::size_t>(std::find(all.begin(), all.end(), key) - all.begin()));
      }
      EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    }
  });
}

}  // namespace
}  // namespace publishing::testing
