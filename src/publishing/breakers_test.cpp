// A network that does not answer well rests, for all workers alike, and one target tries it then.
#include "publishing/breakers.h"

#include "publishing/world.h"

#include <gmock/gmock.h>

namespace publishing::testing {
namespace {

using ::testing::HasSubstr;

class BreakersTest : public WorldTest {};
INSTANTIATE_TEST_SUITE_P(Databases, BreakersTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

io::Task<std::vector<World::Made>> posts(World& world, int count) {
  std::vector<World::Made> made;
  for (int i = 0; i < count; ++i) made.push_back(co_await world.post({.due = world.clock.now()}));
  co_return made;
}

io::Task<int> in_state(World& world, S state) {
  const auto rows = co_await world.database.execute("SELECT COUNT(*) FROM targets WHERE state = $1",
                                                    {std::string(posts::to_string(state))});
  co_return static_cast<int>(rows[0][0].integer());
}

// Five posts are not taken: the network rests.
io::Task<> fails(World& world, Process& process) {
  co_await posts(world, Breakers::failures_max);
  process.network.publish_script.assign(Breakers::failures_max, Reply::later);
  co_await process.worker->publish_due();
  EXPECT_EQ(process.network.published, Breakers::failures_max);
}

TEST_P(BreakersTest, WhatOneWorkerLearnedKeepsAnotherFromAsking) {
  run([](World& world) -> io::Task<> {
    Process one(world, RetryClass::safe_by_lookup);
    Process two(world, RetryClass::safe_by_lookup);
    co_await fails(world, one);
    auto made = co_await posts(world, 3);
    EXPECT_EQ(co_await two.worker->publish_due(), 3u);
    EXPECT_EQ(two.network.published, 0);
    const auto row = co_await world.row(made[0].targets[0]);
    EXPECT_EQ(row["ready_at"].instant(), noon + Breakers::rest_min);
    EXPECT_THAT(row["state_reason"].text(), HasSubstr("does not answer well at the moment"));
    co_await one.worker->stop(0ms);
    co_await two.worker->stop(0ms);
  });
}

// Both workers have targets in hand when the rest is over; the network takes its time to answer.
io::Task<> tries(World& world, Process& prober, Process& waiting, bool well) {
  world.sleep.advance(Breakers::rest_min);
  prober.network.hold = std::make_shared<io::Event>(world.executor);
  const int before = prober.network.published;
  auto meanwhile = [](Process& busy, Process& other, int count) -> io::Task<> {
    while (busy.network.published == count) co_await io::yield();
    co_await posts(busy.world, 2);
    EXPECT_EQ(co_await other.worker->publish_due(), 2u);
    EXPECT_EQ(other.network.published, 0);
    busy.network.hold->notify();
  };
  if (!well) prober.network.publish_script = {Reply::lost};
  co_await (prober.worker->publish_due() && meanwhile(prober, waiting, before));
  EXPECT_EQ(prober.network.published, before + 1);
  prober.network.hold.reset();
}

TEST_P(BreakersTest, AfterTheRestOneTargetTriesForAll) {
  run([](World& world) -> io::Task<> {
    Process one(world, RetryClass::safe_by_lookup);
    Process two(world, RetryClass::safe_by_lookup);
    co_await fails(world, one);
    co_await tries(world, one, two, true);
    EXPECT_EQ(co_await in_state(world, S::published), 1);
    // It went well: everybody goes on.
    world.sleep.advance(15s);
    co_await two.worker->publish_due();
    EXPECT_EQ(co_await in_state(world, S::published), Breakers::failures_max + 2);
    const auto rests = co_await world.database.execute("SELECT 1 FROM network_rests");
    EXPECT_TRUE(rests.empty());
    co_await one.worker->stop(0ms);
    co_await two.worker->stop(0ms);
  });
}

TEST_P(BreakersTest, ATryThatFailsMakesTheRestLongerForAll) {
  run([](World& world) -> io::Task<> {
    Process one(world, RetryClass::safe_by_lookup);
    Process two(world, RetryClass::safe_by_lookup);
    co_await fails(world, one);
    co_await tries(world, one, two, false);
    const auto rests = co_await world.database.execute("SELECT * FROM network_rests");
    EXPECT_EQ(rests[0]["until_at"].instant(), world.clock.now() + 2 * Breakers::rest_min);
    world.sleep.advance(Breakers::rest_min);
    co_await two.worker->publish_due();
    EXPECT_EQ(two.network.published, 0);
    co_await one.worker->stop(0ms);
    co_await two.worker->stop(0ms);
  });
}

TEST_P(BreakersTest, AnotherOneTriesWhenTheFirstDiedOfIt) {
  run([](World& world) -> io::Task<> {
    Process one(world, RetryClass::safe_by_lookup);
    co_await fails(world, one);
    world.sleep.advance(Breakers::rest_min);
    Rests dead(world.database, "dead");
    const base::Instant until = world.clock.now() + 50s;
    EXPECT_TRUE(co_await dead.take_probe("scripted", world.clock.now(), until));
    Process two(world, RetryClass::safe_by_lookup);
    for (int i = 0; i < 4; ++i) {
      co_await two.worker->publish_due();
      EXPECT_EQ(two.network.published, 0) << i;
      world.sleep.advance(10s);
    }
    world.sleep.advance(10s);
    co_await two.worker->publish_due();
    EXPECT_GE(two.network.published, 1);
    co_await one.worker->stop(0ms);
    co_await two.worker->stop(0ms);
  });
}

TEST_P(BreakersTest, AProbeThatSentNothingIsGivenBack) {
  run([](World& world) -> io::Task<> {
    Process one(world, RetryClass::safe_by_lookup);
    co_await fails(world, one);
    co_await world.database.execute("UPDATE targets SET state = 'cancelled', ready_at = NULL");
    world.sleep.advance(Breakers::rest_min);
    co_await posts(world, 1);
    one.network.prepare_script = {Reply::refused};  // says nothing of how well it takes posts
    co_await one.worker->publish_due();
    EXPECT_EQ(co_await in_state(world, S::rejected), 1);
    Process two(world, RetryClass::safe_by_lookup);
    co_await posts(world, 1);
    co_await two.worker->publish_due();
    EXPECT_EQ(two.network.published, 1);
    co_await one.worker->stop(0ms);
    co_await two.worker->stop(0ms);
  });
}

// Pure: one who is alone with its failures.
TEST(Breakers, WhoIsContradictedKeepsItsRestsToItself) {
  Breakers breakers;
  const base::AccountId account = base::AccountId::make();
  base::Instant now = noon;
  const auto fails = [&] {
    Breakers::Lesson lesson;
    for (int i = 0; i < Breakers::failures_max; ++i) {
      lesson = breakers.learn("net", account, networks::Unknown{}, now);
    }
    return lesson;
  };
  for (int i = 0; i < Breakers::contradictions_max; ++i) {
    EXPECT_TRUE(std::holds_alternative<NetworkRest>(fails()));
    // What was not stored yet is not taken for over.
    breakers.see({}, now + 1s);
    EXPECT_TRUE(breakers.network_rest("net", "Net", now).has_value());
    now += 10s;
    breakers.see({}, now);  // another worker found it well
    EXPECT_FALSE(breakers.network_rest("net", "Net", now).has_value());
  }
  EXPECT_TRUE(std::holds_alternative<std::monostate>(fails()));
  EXPECT_TRUE(breakers.network_rest("net", "Net", now).has_value());
  now += Breakers::rest_min;
  EXPECT_EQ(breakers.probe("net", now), Breakers::Probe::granted);
  EXPECT_EQ(breakers.probe("net", now), Breakers::Probe::not_needed);
  EXPECT_THAT(breakers.network_rest("net", "Net", now)->reason, HasSubstr("tries it first"));
  // An answer: it is as good as the others.
  breakers.learn("net", account, networks::Published{}, now);
  EXPECT_FALSE(breakers.network_rest("net", "Net", now).has_value());
  EXPECT_TRUE(std::holds_alternative<NetworkRest>(fails()));
}

TEST(Breakers, AnswersThatWereOnTheirWayDoNotLengthenTheRest) {
  Breakers breakers;
  const base::AccountId account = base::AccountId::make();
  for (int i = 0; i < 50; ++i) breakers.learn("net", account, networks::Unknown{}, noon);
  EXPECT_EQ(breakers.network_rest("net", "Net", noon)->until, noon + Breakers::rest_min);
}

}  // namespace
}  // namespace publishing::testing
