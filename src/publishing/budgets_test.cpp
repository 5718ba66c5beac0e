// Budgets and rests that all workers share.
#include "publishing/budgets.h"

#include "posts/quotas.h"
#include "publishing/rests.h"
#include "publishing/world.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>

namespace publishing::testing {
namespace {

using ::testing::HasSubstr;

class BudgetsTest : public WorldTest {};
INSTANTIATE_TEST_SUITE_P(Databases, BudgetsTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

const networks::Budget three_in_a_minute{
    .name = "posts in a minute", .units = 3, .window = std::chrono::minutes{1}};

TEST_P(BudgetsTest, WhatDoesNotFitIsHeldUntilItFits) {
  run([](World& world) -> io::Task<> {
    const base::AccountId account = base::AccountId::make();
    std::vector<World::Made> posts;
    for (int i = 0; i < 5; ++i) posts.push_back(co_await world.post({.account = account}));
    Process process(world, RetryClass::safe_by_key);
    process.network.allowed = {three_in_a_minute};
    co_await process.worker->publish_due();
    EXPECT_EQ(world.receiver.posts.size(), 3u);
    std::vector<base::Instant> later;
    for (const World::Made& post : posts) {
      auto row = co_await world.row(post.targets[0]);
      if (row["state"].text() != "scheduled") continue;
      EXPECT_THAT(row["state_reason"].text(),
                  HasSubstr("Scripted allows 3 posts in a minute, and this account has used them "
                            "up. It goes on in 70 seconds."));
      EXPECT_EQ(row["retry_count"].integer(), 0);
      EXPECT_EQ(row["attempt_count"].integer(), 0);
      later.push_back(row["ready_at"].instant());
    }
    EXPECT_EQ(later.size(), 2u);
    world.sleep.advance(69s);
    EXPECT_EQ(co_await process.worker->publish_due(), 0u);
    world.sleep.advance(1s);
    co_await process.worker->publish_due();
    EXPECT_EQ(world.receiver.posts.size(), 5u);
    co_await process.worker->stop(0ms);
  });
}

// However many workers race, in any sliding window.
TEST_P(BudgetsTest, NoWindowEverHoldsMoreThanIsAllowed) {
  run([](World& world) -> io::Task<> {
    std::mt19937 chance(11);  // fixed: the same race every time
    const base::AccountId account = base::AccountId::make();
    constexpr std::size_t count = 30;
    for (std::size_t i = 0; i < count; ++i) {
      co_await world.post({.due = noon + std::chrono::seconds{chance() % 200}, .account = account});
    }
    std::vector<std::unique_ptr<Process>> workers;
    for (int i = 0; i < 3; ++i) {
      WorkerSettings few;
      few.batch = 2;
      workers.push_back(
          std::make_unique<Process>(world, RetryClass::safe_by_key, Threads::none, -1, few));
      workers.back()->network.allowed = {three_in_a_minute};
    }
    std::vector<base::Instant> sent;
    for (int round = 0; round < 600 && sent.size() < count; ++round) {
      const std::size_t before = world.receiver.posts.size();
      co_await (workers[0]->worker->publish_due() && workers[1]->worker->publish_due() &&
                workers[2]->worker->publish_due());
      sent.insert(sent.end(), world.receiver.posts.size() - before, world.clock.now());
      world.sleep.advance(std::chrono::seconds{1 + chance() % 5});
    }
    EXPECT_EQ(sent.size(), count);
    for (std::size_t i = 3; i < sent.size(); ++i) EXPECT_GT(sent[i] - sent[i - 3], 1min);
    for (auto& each : workers) co_await each->worker->stop(0ms);
  });
}

TEST_P(BudgetsTest, UnitsComeBackWhenSurelyNothingWasSent) {
  run([](World& world) -> io::Task<> {
    const base::AccountId account = base::AccountId::make();
    co_await world.post({.account = account});
    Process process(world, RetryClass::safe_by_key);
    process.network.allowed = {
        {.name = "posts in an hour", .units = 1, .window = std::chrono::hours{1}}};
    process.network.publish_script = {Reply::later};
    co_await process.worker->publish_due();
    auto uses = co_await world.database.execute("SELECT COUNT(*) FROM budget_uses");
    EXPECT_EQ(uses[0][0].integer(), 0);
    world.sleep.advance(1min);
    co_await process.worker->publish_due();
    EXPECT_EQ(world.receiver.posts.size(), 1u);
    // What may have arrived counts.
    co_await world.post({.due = world.clock.now() + 1h, .account = account});
    world.sleep.advance(1h);
    process.network.publish_script = {Reply::unreachable};
    world.sleep.advance(10s);
    co_await process.worker->publish_due();
    uses = co_await world.database.execute(
        "SELECT SUM(units) AS n FROM budget_uses WHERE"
        " used_at > $1",
        {world.clock.now() - 1min});
    EXPECT_EQ(uses[0][0].is_null(), false);
    co_await process.worker->stop(0ms);
  });
}

// What the network never had is sent again at once, not when the window is over.
TEST_P(BudgetsTest, UnitsComeBackWhenALookUpFindsNothing) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Process process(world, RetryClass::safe_by_lookup);
    process.network.allowed = {
        {.name = "posts in an hour", .units = 1, .window = std::chrono::hours{1}}};
    process.network.publish_script = {Reply::unreachable};
    co_await process.rounds(20);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::published);
    EXPECT_LT(world.clock.now(), noon + 10min);
    auto uses = co_await world.database.execute("SELECT COUNT(*) FROM budget_uses");
    EXPECT_EQ(uses[0][0].integer(), 1);
    co_await process.worker->stop(0ms);
  });
}

// Wherever a worker dies, its units are neither lost for ever nor used twice.
TEST_P(BudgetsTest, UnitsOfADeadWorkerComeBackToItsTarget) {
  run([](World& world) -> io::Task<> {
    int deaths = 0;
    for (int door = 0; door < 200; ++door) {
      auto post = co_await world.post({.due = world.clock.now()});
      const std::vector<networks::Budget> one{
          {.name = "posts in a day", .units = 1, .window = std::chrono::hours{24}}};
      Process first(world, RetryClass::safe_by_key, Threads::none, door);
      first.network.allowed = one;
      co_await first.live(6);
      if (!first.fate.dead()) break;
      ++deaths;
      const std::size_t arrived = world.receiver.count(co_await world.key(post.targets[0]));
      world.sleep.advance(2min);
      Process second(world, RetryClass::safe_by_key, Threads::none);
      second.network.allowed = one;
      co_await second.live(12);
      SCOPED_TRACE("door " + std::to_string(door));
      auto attempts = co_await world.database.execute(
          "SELECT COUNT(*) FROM attempts WHERE target_id = $1 AND outcome = 'unknown'",
          {post.targets[0]});
      // Sent, or perhaps sent, counts: then the only unit of the day may be gone.
      const bool may_be_used = arrived > 0 || attempts[0][0].integer() > 0;
      const S state = co_await world.state(post.targets[0]);
      if (!may_be_used) EXPECT_EQ(state, S::published);
      EXPECT_TRUE(state == S::published || state == S::scheduled) << posts::to_string(state);
      EXPECT_LE(world.receiver.count(co_await world.key(post.targets[0])), 1u);
      co_await world.database.execute("UPDATE targets SET state = 'cancelled' WHERE id = $1",
                                      {post.targets[0]});
    }
    EXPECT_GT(deaths, 15);
  });
}

TEST_P(BudgetsTest, WhatNeverFitsIsRefusedWithItsReason) {
  run([](World& world) -> io::Task<> {
    auto thread = co_await world.post({.parts = {"1", "2", "3", "4"}});
    Process process(world, RetryClass::safe_by_key, Threads::one_request);
    process.network.allowed = {three_in_a_minute};
    co_await process.rounds(2);
    auto row = co_await world.row(thread.targets[0]);
    EXPECT_EQ(row["state"].text(), "rejected");
    EXPECT_THAT(row["state_reason"].text(),
                HasSubstr("Scripted allows 3 posts in a minute, and this is 4 in one go"));
    co_await process.worker->stop(0ms);
  });
}

TEST_P(BudgetsTest, AThreadInOneRequestCountsByItsParts) {
  run([](World& world) -> io::Task<> {
    const base::AccountId account = base::AccountId::make();
    co_await world.post({.parts = {"1", "2"}, .account = account});
    auto second = co_await world.post({.parts = {"3", "4"}, .account = account});
    Process process(world, RetryClass::safe_by_key, Threads::one_request);
    process.network.allowed = {three_in_a_minute};
    co_await process.worker->publish_due();
    EXPECT_EQ(world.receiver.posts.size(), 1u);
    world.sleep.advance(70s);
    co_await process.worker->publish_due();
    EXPECT_EQ(co_await world.state(second.targets[0]), S::published);
    co_await process.worker->stop(0ms);
  });
}

// Who goes out later than was meant counts from then.
TEST_P(BudgetsTest, ALateSendingCountsFromItsOwnTime) {
  run([](World& world) -> io::Task<> {
    io::Supervisor tasks(world.executor);
    Budgets budgets(world.executor, tasks, world.database, world.clock);
    const base::AccountId account = base::AccountId::make();
    const auto use = [&](base::Instant at) {
      return BudgetUse{.attempt = base::AttemptId::make(),
                       .target = base::TargetId::make(),
                       .account = account,
                       .at = at,
                       .budgets = {{.name = "one", .units = 1, .window = 1min}}};
    };
    auto first = use(noon);
    EXPECT_FALSE((co_await budgets.take(first)).has_value());
    first.at = noon + 30s;  // it goes out only then: what it had for noon goes
    EXPECT_FALSE((co_await budgets.take(first)).has_value());
    world.clock.advance(75s);
    auto full = co_await budgets.take(use(world.clock.now()));
    EXPECT_EQ(full.value().until, noon + 30s + 1min + Budgets::slack);
    co_await budgets.give_back(first.attempt);
    // Its attempt was never written down: gone with the next look, as given back.
    EXPECT_FALSE((co_await budgets.take(use(world.clock.now()))).has_value());
    co_await budgets.forget(world.clock.now() + 1h);
    auto left = co_await world.database.execute("SELECT COUNT(*) FROM budget_uses");
    EXPECT_EQ(left[0][0].integer(), 0);
    tasks.stop();
    co_await tasks.join();
  });
}

// Those who wait are promised room one after the other, not all at once.
TEST_P(BudgetsTest, ThoseWhoWaitAreSpread) {
  run([](World& world) -> io::Task<> {
    io::Supervisor tasks(world.executor);
    Budgets budgets(world.executor, tasks, world.database, world.clock);
    const base::AccountId account = base::AccountId::make();
    const auto take = [&](base::Instant at) {
      return budgets.take({.attempt = base::AttemptId::make(),
                           .target = base::TargetId::make(),
                           .account = account,
                           .at = at,
                           .budgets = {three_in_a_minute}});
    };
    for (int i = 0; i < 3; ++i) {
      EXPECT_FALSE((co_await take(world.clock.now())).has_value());
      world.clock.advance(10s);
    }
    std::vector<base::Instant> promised;
    for (int i = 0; i < 3; ++i) promised.push_back((co_await take(world.clock.now()))->until);
    EXPECT_EQ(promised[0], noon + 70s);
    EXPECT_EQ(promised[1], noon + 80s);
    EXPECT_EQ(promised[2], noon + 90s);
    tasks.stop();
    co_await tasks.join();
  });
}

TEST_P(BudgetsTest, ARestThatOneWorkerWasAskedForHoldsForAll) {
  run([](World& world) -> io::Task<> {
    Rests rests(world.database, "somebody");
    auto post = co_await world.post({});
    auto row = co_await world.row(post.targets[0]);
    const auto account = row["account_id"].id<base::AccountId>();
    co_await rests.learn({.account = account, .until = noon + 60s});
    co_await rests.learn({.account = account, .until = noon + 20s});  // the longer one holds
    Process other(world, RetryClass::safe_by_key);
    co_await other.worker->publish_due();
    row = co_await world.row(post.targets[0]);
    EXPECT_EQ(row["state"].text(), "scheduled");
    EXPECT_EQ(row["ready_at"].instant(), noon + 60s);
    EXPECT_THAT(row["state_reason"].text(), HasSubstr("has asked this account to slow down"));
    EXPECT_EQ(other.network.published, 0);
    world.sleep.advance(60s);
    co_await other.rounds(2);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::published);
    co_await other.worker->sweep();
    EXPECT_TRUE((co_await rests.known(noon)).empty());
    co_await other.worker->stop(0ms);
  });
}

TEST_P(BudgetsTest, SaysBeforehandWhatWillNotFit) {
  run([](World& world) -> io::Task<> {
    const base::AccountId account = base::AccountId::make();
    for (int i = 0; i < 3; ++i) {
      co_await world.post({.due = noon + std::chrono::seconds{20 * i}, .account = account});
    }
    Process process(world, RetryClass::safe_by_key);
    process.network.allowed = {three_in_a_minute};
    const networks::Account known{.id = account, .network = "scripted"};
    const auto warning = [&](base::Instant due, std::int64_t posts) {
      return posts::quota_warning(world.database, process.network, known,
                                  {.due = due, .posts = posts});
    };
    EXPECT_EQ((co_await warning(noon + 30s, 1)).value(),
              "Scripted allows 3 posts in a minute, and around this time 4 are planned for this "
              "account: some will go out later.");
    // Before and after, within the window of the others or not.
    EXPECT_TRUE((co_await warning(noon - 10s, 1)).has_value());
    EXPECT_FALSE((co_await warning(noon - 20s, 1)).has_value());
    EXPECT_TRUE((co_await warning(noon + 59s, 1)).has_value());
    EXPECT_FALSE((co_await warning(noon + 60s, 1)).has_value());
    EXPECT_THAT((co_await warning(noon + 1h, 4)).value(), HasSubstr("it cannot go out"));
    co_await process.worker->stop(0ms);
  });
}

TEST(Quotas, ReadLikeAPerson) {
  const auto words = [](std::int64_t units, std::chrono::seconds window, std::int64_t cost) {
    return posts::in_words("Bluesky", {.name = "", .units = units, .window = window, .cost = cost});
  };
  EXPECT_EQ(words(5'000, 1h, 3), "Bluesky allows 1666 posts in an hour");
  EXPECT_EQ(words(1, 24h, 1), "Bluesky allows 1 post in a day");
  EXPECT_EQ(words(300, 5min, 1), "Bluesky allows 300 posts in 5 minutes");
  EXPECT_EQ(words(300, 3h, 1), "Bluesky allows 300 posts in 3 hours");
}

}  // namespace
}  // namespace publishing::testing
