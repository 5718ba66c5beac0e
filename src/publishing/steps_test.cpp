// Preparing in steps: networks that are busy, workers that die in between, pauses that are kept.
#include "publishing/progress.h"
#include "publishing/world.h"

#include <gmock/gmock.h>

namespace publishing::testing {
namespace {

using ::testing::HasSubstr;

class StepsTest : public WorldTest {};
INSTANTIATE_TEST_SUITE_P(Databases, StepsTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(StepsTest, ABusyNetworkIsWaitedForAndTheStoryTellsIt) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Process process(world, RetryClass::safe_by_key);
    process.network.in_steps = true;
    process.network.prepare_script = {Reply::works, Reply::works};
    co_await process.worker->publish_due();
    auto row = co_await world.row(post.targets[0]);
    EXPECT_EQ(row["state"].text(), "scheduled");
    EXPECT_EQ(row["ready_at"].instant(), noon + 5s);
    EXPECT_EQ(row["waiting_since"].instant(), noon);
    EXPECT_EQ(row["retry_count"].integer(), 0);
    EXPECT_THAT(row["state_reason"].text(), HasSubstr("Scripted is still processing the media"));
    EXPECT_EQ(co_await process.worker->publish_due(), 0u);
    co_await process.rounds(4);
    row = co_await world.row(post.targets[0]);
    EXPECT_EQ(row["state"].text(), "published");
    EXPECT_TRUE(row["waiting_since"].is_null());
    EXPECT_TRUE(row["progress"].is_null());
    EXPECT_EQ(world.receiver.containers, 1);
    EXPECT_THAT(co_await world.story(post.post),
                ::testing::ElementsAre("claimed", "network_works", "claimed", "network_works",
                                       "claimed", "attempt", "published"));
    co_await process.worker->stop(0ms);
  });
}

TEST_P(StepsTest, ANetworkThatNeverGetsDoneBecomesAPersonsQuestion) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Process process(world, RetryClass::safe_by_key);
    process.network.in_steps = true;
    process.network.prepare_script = std::deque<Reply>(500, Reply::works);
    for (int i = 0; i < 300 && co_await world.state(post.targets[0]) == S::scheduled; ++i) {
      co_await process.worker->publish_due();
      world.sleep.advance(5min);
    }
    auto row = co_await world.row(post.targets[0]);
    EXPECT_EQ(row["state"].text(), "needs_decision");
    EXPECT_THAT(row["state_reason"].text(), HasSubstr("Begin anew, or give up?"));
    EXPECT_TRUE(row["progress"].is_null());
    EXPECT_EQ(process.network.published, 0);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(StepsTest, WaitingForANetworkKeepsThePostsOwnPatience) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({.too_late = {posts::TooLatePolicy::drop, 60s}});
    Process process(world, RetryClass::safe_by_key);
    process.network.in_steps = true;
    process.network.prepare_script = std::deque<Reply>(500, Reply::works);
    co_await process.rounds(20);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::missed);
    co_await process.worker->stop(0ms);
  });
}

// What one worker has reached is where the next one goes on, wherever the first died.
TEST_P(StepsTest, WhoeverGoesOnAfterADeathDoesNotBeginAnew) {
  run([](World& world) -> io::Task<> {
    int deaths = 0;
    int resumed = 0;
    for (int door = 0; door < 200; ++door) {
      auto post = co_await world.post({.due = world.clock.now()});
      const int before = world.receiver.containers;
      Process first(world, RetryClass::safe_by_key, Threads::none, door);
      first.network.in_steps = true;
      first.network.prepare_script = {Reply::works};
      co_await first.live(6);
      if (!first.fate.dead()) break;
      ++deaths;
      auto row = co_await world.row(post.targets[0]);
      const bool reached = !row["progress"].is_null();
      const int made = world.receiver.containers - before;
      EXPECT_LE(made, 1);
      world.sleep.advance(2min);
      Process second(world, RetryClass::safe_by_key, Threads::none);
      second.network.in_steps = true;
      co_await second.live(12);
      SCOPED_TRACE("door " + std::to_string(door));
      EXPECT_EQ(co_await world.state(post.targets[0]), S::published);
      const std::string key = co_await world.key(post.targets[0]);
      EXPECT_EQ(world.receiver.count(key), 1u);
      if (!reached) continue;
      ++resumed;
      EXPECT_EQ(world.receiver.containers - before, made);
      EXPECT_EQ(json::parse(world.receiver.payloads[key]).at("container").to_number<int>(),
                world.receiver.containers);
    }
    EXPECT_GT(deaths, 20);
    EXPECT_GT(resumed, 3);
  });
}

TEST_P(StepsTest, OnlyWhoHoldsTheTargetKeepsItsProgress) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Store first(world.database, world.clock, "first");
    Store second(world.database, world.clock, "second");
    auto mine = co_await first.claim(noon, noon + 1min, 10);
    bool lost = false;
    KeptProgress progress(world.database, mine.at(0), [&lost] { lost = true; });
    co_await progress.save({{"container", 1}});
    EXPECT_FALSE(lost);
    // Swept, and taken by somebody else, who sees what was reached.
    world.clock.advance(2min);
    auto back = *step(S::claimed, event::LeaseRanOut{}, Context{.now = world.clock.now()});
    std::vector<Change> sweep{{.work = mine.at(0), .next = back}};
    EXPECT_TRUE((co_await second.apply(sweep)).front());
    auto theirs = co_await second.claim(world.clock.now(), world.clock.now() + 1min, 10);
    KeptProgress continued(world.database, theirs.at(0), [] {});
    EXPECT_EQ(continued.value().at("container").to_number<int>(), 1);

    std::string refusal;
    try {
      co_await progress.save({{"container", 2}});
    } catch (const base::Unavailable& error) {
      refusal = error.what();
    }
    EXPECT_THAT(refusal, HasSubstr("not this worker's"));
    EXPECT_TRUE(lost);
    EXPECT_EQ((co_await world.row(post.targets[0]))["progress"].text(), R"({"container":1})");
  });
}

TEST_P(StepsTest, AnEditedTextBeginsAnew) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    co_await world.database.execute(
        "UPDATE targets SET progress = '{}', waiting_since = 5 WHERE id = $1", {post.targets[0]});
    auto tx = co_await world.database.begin();
    auto present = co_await posts::read_post(*tx, world.workspace, post.post);
    const std::vector<posts::PlannedTarget> plan{{.account = present->targets.at(0).account,
                                                  .account_handle = "@scripted",
                                                  .network = "scripted",
                                                  .state = S::scheduled,
                                                  .due_at = noon}};
    co_await posts::write_targets(*tx, post.post, world.workspace, plan, present->targets, {}, {},
                                  noon);
    co_await tx->commit();
    auto row = co_await world.row(post.targets[0]);
    EXPECT_TRUE(row["progress"].is_null());
    EXPECT_TRUE(row["waiting_since"].is_null());
  });
}

// Claimed ahead of its next try, it neither asks nor sends before the time that was set.
TEST_P(StepsTest, ClaimingAheadShortensNoPause) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({.due = noon + 4s});
    Process process(world, RetryClass::safe_by_key);
    process.network.prepare_script = {Reply::works};
    WorkerSettings settings;
    settings.owner = "ahead";
    auto ahead = std::make_unique<Worker>(world.executor, process.doors(), settings);
    auto scenario = [](World& home, Worker& worker, World::Made made, Process& with) -> io::Task<> {
      // Asked once, before its time; the second question comes five seconds later.
      while (with.network.contents.empty()) co_await io::yield();
      for (int i = 0; i < 50; ++i) co_await io::yield();
      EXPECT_EQ(with.network.contents.size(), 1u);
      for (int second = 0; second < 4; ++second) {
        home.sleep.advance(1s);
        for (int i = 0; i < 50; ++i) co_await io::yield();
      }
      EXPECT_EQ(with.network.contents.size(), 1u);
      EXPECT_EQ(with.network.published, 0);
      home.sleep.advance(1s);
      while (co_await home.state(made.targets[0]) != S::published) {
        home.sleep.advance(100ms);
        co_await io::yield();
      }
      EXPECT_EQ(with.network.contents.size(), 2u);
      co_await worker.stop(5s);
    };
    co_await (ahead->run() && scenario(world, *ahead, post, process));
    co_await process.worker->stop(0ms);
  });
}

// Uploads do not last for ever at a network: what surely never arrived is frozen anew.
TEST_P(StepsTest, WhatWasFrozenLongAgoAndSurelyNeverArrivedIsFrozenAnew) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Process process(world, RetryClass::safe_by_key);
    process.network.in_steps = true;
    process.network.publish_script = {Reply::broken};
    co_await process.worker->publish_due();
    EXPECT_EQ(co_await world.state(post.targets[0]), S::paused);
    world.sleep.advance(48h);
    world.accounts.state = accounts::AccountState::connected;
    co_await process.rounds(3);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::published);
    EXPECT_EQ(world.receiver.containers, 2);
    const std::string key = co_await world.key(post.targets[0]);
    EXPECT_EQ(json::parse(world.receiver.payloads[key]).at("container").to_number<int>(), 2);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(StepsTest, APauseDoesNotOutlastThePostsOwnPatience) {
  run([](World& world) -> io::Task<> {
    auto drop = co_await world.post({.too_late = {posts::TooLatePolicy::drop, 60s}});
    auto send = co_await world.post({});
    Process process(world, RetryClass::safe_by_key);
    world.accounts.state = accounts::AccountState::paused;
    co_await process.worker->publish_due();
    EXPECT_EQ(co_await world.state(drop.targets[0]), S::paused);
    world.sleep.advance(2min);
    co_await process.worker->sweep();
    EXPECT_EQ(co_await world.state(drop.targets[0]), S::missed);
    EXPECT_EQ(co_await world.state(send.targets[0]), S::paused);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(StepsTest, AWorkerThatDoesNotGetOnSaysSo) {
  run([](World& world) -> io::Task<> {
    Process process(world, RetryClass::safe_by_key);
    co_await process.worker->sweep();
    EXPECT_TRUE(process.worker->standing().ok);
    co_await world.post({});
    world.sleep.advance(3min);
    EXPECT_FALSE(process.worker->standing().ok);  // nothing was looked at for minutes
    co_await process.worker->sweep();
    EXPECT_FALSE(process.worker->standing().ok);
    EXPECT_THAT(process.worker->standing().message, HasSubstr("1 targets are due"));
    co_await process.rounds(3);
    co_await process.worker->sweep();
    EXPECT_TRUE(process.worker->standing().ok);
    co_await process.worker->stop(0ms);
  });
}

}  // namespace
}  // namespace publishing::testing
