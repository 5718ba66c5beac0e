#include "publishing/world.h"

#include <algorithm>

#include <gmock/gmock.h>

namespace publishing::testing {
namespace {

using ::testing::HasSubstr;

class WorkerTest : public WorldTest {};
INSTANTIATE_TEST_SUITE_P(Databases, WorkerTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(WorkerTest, PublishesWhatIsDueAndTellsItsStory) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Process process(world, RetryClass::safe_by_key);
    EXPECT_EQ(co_await process.worker->publish_due(), 1u);
    auto row = co_await world.row(post.targets[0]);
    EXPECT_EQ(row["state"].text(), "published");
    EXPECT_EQ(row["remote_id"].text(), "remote-" + row["publish_key"].text());
    EXPECT_EQ(row["published_at"].instant(), noon);
    EXPECT_EQ(row["attempt_count"].integer(), 1);
    EXPECT_TRUE(row["lease_owner"].is_null());
    EXPECT_THAT(co_await world.story(post.post),
                ::testing::ElementsAre("claimed", "attempt", "published"));
    auto attempts = co_await world.database.execute("SELECT * FROM attempts WHERE target_id = $1",
                                                    {post.targets[0]});
    EXPECT_EQ(attempts.size(), 1u);
    EXPECT_EQ(attempts[0]["outcome"].text(), "published");
    EXPECT_EQ(attempts[0]["publish_key"].text(), row["publish_key"].text());
    EXPECT_EQ(co_await process.worker->publish_due(), 0u);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, LeavesTheFutureAlone) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({.due = noon + 1min});
    Process process(world, RetryClass::safe_by_key);
    EXPECT_EQ(co_await process.worker->publish_due(), 0u);
    world.sleep.advance(1min);
    EXPECT_EQ(co_await process.worker->publish_due(), 1u);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::published);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, ARefusalIsFinalAndStopsTheThread) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({.parts = {"one", "two", "three"}, .by_part = true});
    Process process(world, RetryClass::safe_by_key);
    process.network.publish_script = {Reply::well, Reply::refused};
    co_await process.rounds(4);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::published);
    auto second = co_await world.row(post.targets[1]);
    EXPECT_EQ(second["state"].text(), "rejected");
    EXPECT_THAT(second["state_reason"].text(), HasSubstr("it is not nice"));
    auto third = co_await world.row(post.targets[2]);
    EXPECT_EQ(third["state"].text(), "cancelled");
    EXPECT_THAT(third["state_reason"].text(), HasSubstr("Only part 1 of the thread is out"));
    EXPECT_EQ(process.network.published, 2);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, PartsFollowOneAnotherAndReplyToTheOneBefore) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({.parts = {"one", "two"}, .by_part = true});
    Process process(world, RetryClass::safe_by_key);
    EXPECT_EQ(co_await process.worker->publish_due(), 1u);
    EXPECT_EQ(co_await process.worker->publish_due(), 1u);
    EXPECT_EQ(process.network.contents.at(0).parts.at(0).text, "one");
    EXPECT_FALSE(process.network.contents.at(0).reply_to.has_value());
    EXPECT_EQ(process.network.contents.at(1).parts.at(0).text, "two");
    const std::string first = co_await world.key(post.targets[0]);
    EXPECT_EQ(base::text_at(json::value(process.network.contents.at(1).reply_to.value()), "/id"),
              "remote-" + first);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, WhatWasNotTakenIsTriedAgainLater) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Process process(world, RetryClass::blind);
    process.network.publish_script = {Reply::later};
    co_await process.worker->publish_due();
    auto row = co_await world.row(post.targets[0]);
    EXPECT_EQ(row["state"].text(), "scheduled");
    EXPECT_GT(row["retry_at"].instant(), noon);
    EXPECT_EQ(co_await process.worker->publish_due(), 0u);
    world.sleep.advance(1min);
    co_await process.worker->publish_due();
    EXPECT_EQ(co_await world.state(post.targets[0]), S::published);
    EXPECT_EQ(world.receiver.posts.size(), 1u);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, ABrokenAccountPausesAndGoesOnOnceConnected) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Process process(world, RetryClass::safe_by_key);
    process.network.publish_script = {Reply::broken};
    co_await process.rounds(3);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::paused);
    EXPECT_EQ(world.accounts.broken, 1);
    EXPECT_EQ(process.network.published, 1);
    world.accounts.state = accounts::AccountState::connected;
    co_await process.rounds(2);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::published);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, APausedOrLostAccountSendsNothing) {
  run([](World& world) -> io::Task<> {
    auto paused = co_await world.post({});
    Process process(world, RetryClass::safe_by_key);
    world.accounts.state = accounts::AccountState::paused;
    co_await process.rounds(2);
    EXPECT_EQ(co_await world.state(paused.targets[0]), S::paused);
    world.accounts.gone = true;
    co_await process.rounds(1);
    EXPECT_EQ(co_await world.state(paused.targets[0]), S::rejected);
    EXPECT_EQ(process.network.published, 0);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, TooLateIsDroppedOrAskedAndNeverSilent) {
  run([](World& world) -> io::Task<> {
    auto drop = co_await world.post({.too_late = {posts::TooLatePolicy::drop, 60s}});
    auto ask = co_await world.post({.too_late = {posts::TooLatePolicy::ask, 60s}});
    auto send = co_await world.post({});
    world.clock.advance(1h);
    Process process(world, RetryClass::safe_by_key);
    co_await process.rounds(1);
    EXPECT_EQ(co_await world.state(drop.targets[0]), S::missed);
    EXPECT_EQ(co_await world.state(ask.targets[0]), S::needs_decision);
    EXPECT_EQ(co_await world.state(send.targets[0]), S::published);
    EXPECT_EQ(process.network.published, 1);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, ALostAnswerIsLookedUpAndNotSentAgain) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Process process(world, RetryClass::safe_by_lookup);
    process.network.publish_script = {Reply::lost};
    process.network.find_script = {Reply::cannot_tell};
    co_await process.rounds(8);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::published);
    EXPECT_EQ(process.network.published, 1);
    EXPECT_EQ(process.network.found, 2);
    EXPECT_THAT(co_await world.story(post.post),
                ::testing::ElementsAre("claimed", "attempt", "unknown", "look_again", "published"));
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, WhatSurelyDidNotArriveIsSentAgainUnchanged) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Process process(world, RetryClass::safe_by_lookup);
    process.network.publish_script = {Reply::unreachable};
    co_await process.worker->publish_due();
    // Whatever changes now must not change the bytes.
    co_await world.database.execute("UPDATE posts SET parts = $2 WHERE id = $1",
                                    {post.post, R"([{"text":"Other","media":[]}])"});
    co_await process.rounds(10);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::published);
    EXPECT_EQ(process.network.published, 2);
    auto attempts = co_await world.database.execute(
        "SELECT DISTINCT frozen, publish_key FROM attempts WHERE target_id = $1",
        {post.targets[0]});
    EXPECT_EQ(attempts.size(), 1u);
    EXPECT_EQ(process.network.contents.size(), 1u);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, ABlindNetworkIsNeverRepeatedWithoutAWord) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Process process(world, RetryClass::blind);
    process.network.publish_script = {Reply::unreachable};
    co_await process.rounds(10);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::needs_decision);
    EXPECT_EQ(process.network.published, 1);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, AStolenLeaseCannotWriteAnOutcome) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Process other(world, RetryClass::safe_by_key);

    // The slow one has its request on the way when everything of it stands still.
    WorkerSettings patient;
    patient.publish_max = 24h;
    Process sleeper(world, RetryClass::safe_by_key, Threads::part_by_part, -1, patient);
    sleeper.network.hold = std::make_shared<io::Event>(world.executor);
    auto both = [](World& home, Process& first, Process& second) -> io::Task<> {
      while (first.network.published == 0) co_await io::yield();
      home.sleep.advance(10min);
      co_await second.rounds(3);
      first.network.hold->notify();
    };
    co_await (sleeper.worker->publish_due() && both(world, sleeper, other));

    auto row = co_await world.row(post.targets[0]);
    EXPECT_EQ(row["state"].text(), "published");
    EXPECT_EQ(world.receiver.posts.size(), 1u);
    const auto story = co_await world.story(post.post);
    EXPECT_EQ(story.back(), "late_answer");
    EXPECT_EQ(std::count(story.begin(), story.end(), "published"), 1);
    for (Process* each : {&other, &sleeper}) co_await each->worker->stop(0ms);
  });
}

TEST_P(WorkerTest, AConnectorThatThrowsMayHaveSent) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Process process(world, RetryClass::safe_by_lookup);
    process.network.publish_script = {Reply::throws};
    co_await process.rounds(8);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::published);
    EXPECT_EQ(process.network.published, 1);
    EXPECT_EQ(process.network.found, 1);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, OnlyWhoHoldsTheFenceInTheStateSeenMayWrite) {
  run([](World& world) -> io::Task<> {
    co_await world.post({});
    Store first(world.database, world.clock, "first");
    Store second(world.database, world.clock, "second");
    const base::Instant lease = noon + 1min;
    auto mine = co_await first.claim(noon, lease, 10);
    const Context context{.now = noon, .due_at = noon, .network = "Scripted"};
    auto committed = *step(S::claimed, event::AttemptCommitted{}, context);
    const auto stale = [&] {
      return std::vector<Change>{
          {.work = mine.at(0),
           .next = committed,
           .attempt = NewAttempt{.id = base::AttemptId::make(), .frozen = "{}"}}};
    };
    // Swept back: the fence is still mine, the state is not.
    world.clock.advance(2min);
    auto expired = co_await second.expired(world.clock.now(), 10);
    EXPECT_EQ(expired.size(), 1u);
    auto back = *step(S::claimed, event::LeaseRanOut{}, context);
    std::vector<Change> sweep{
        {.work = expired.at(0), .next = back, .expired_before = world.clock.now()}};
    EXPECT_TRUE((co_await second.apply(sweep)).front());
    EXPECT_FALSE((co_await first.apply(stale())).front());
    // Taken by somebody else: the state is what I saw, the fence is not mine.
    auto theirs = co_await second.claim(world.clock.now(), world.clock.now() + 1min, 10);
    EXPECT_EQ(theirs.at(0).fence, mine.at(0).fence + 1);
    EXPECT_FALSE((co_await first.apply(stale())).front());
    // A lease that was renewed in the meantime is not swept.
    sweep[0].work = theirs.at(0);
    EXPECT_FALSE((co_await first.apply(sweep)).front());
    EXPECT_TRUE((co_await first.renew({theirs.at(0).id}, lease)).renewed.empty());
    EXPECT_EQ((co_await second.renew({theirs.at(0).id}, lease)).renewed.size(), 1u);
    auto attempts = co_await world.database.execute("SELECT COUNT(*) FROM attempts");
    EXPECT_EQ(attempts[0][0].integer(), 0);
  });
}

TEST_P(WorkerTest, ASlowPreparationKeepsTheOrderOfItsAccount) {
  run([](World& world) -> io::Task<> {
    const base::AccountId account = base::AccountId::make();
    auto slow = co_await world.post({.parts = {"slow"}, .due = noon - 2s, .account = account});
    auto quick = co_await world.post({.parts = {"quick"}, .due = noon - 1s, .account = account});
    Process process(world, RetryClass::safe_by_key);
    process.network.slow_text = "slow|";
    process.network.prepare_hold = std::make_shared<io::Event>(world.executor);
    auto release = [](World& home, Process& of, World::Made second) -> io::Task<> {
      // The quick one is ready and written down, and stands in line.
      while (co_await home.state(second.targets[0]) != S::sending) co_await io::yield();
      for (int i = 0; i < 20; ++i) co_await io::yield();
      EXPECT_EQ(of.network.published, 0);
      of.network.prepare_hold->notify();
    };
    co_await (process.worker->publish_due() && release(world, process, quick));
    EXPECT_EQ(world.receiver.posts.at(0), co_await world.key(slow.targets[0]));
    EXPECT_EQ(world.receiver.posts.at(1), co_await world.key(quick.targets[0]));
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, NothingIsSentOnceTheLeaseIsOver) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({.parts = {"slow"}});
    WorkerSettings patient;
    patient.prepare_max = 24h;
    Process process(world, RetryClass::safe_by_key, Threads::none, -1, patient);
    process.network.slow_text = "slow|";
    process.network.prepare_hold = std::make_shared<io::Event>(world.executor);
    // The process is stopped while it prepares, and wakes up after its lease; nobody has swept yet.
    auto sleep = [](World& home, Process& of) -> io::Task<> {
      while (of.network.contents.empty()) co_await io::yield();
      home.sleep.advance(10min);
      of.network.prepare_hold->notify();
    };
    co_await (process.worker->publish_due() && sleep(world, process));
    EXPECT_EQ(process.network.published, 0);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::scheduled);
    process.network.prepare_hold.reset();
    co_await process.rounds(2);
    EXPECT_EQ(co_await world.state(post.targets[0]), S::published);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, TwoWorkersShareWhatIsDue) {
  run([](World& world) -> io::Task<> {
    for (int i = 0; i < 60; ++i) co_await world.post({});
    WorkerSettings small;
    small.batch = 10;
    Process one(world, RetryClass::safe_by_key, Threads::none, -1, small);
    Process two(world, RetryClass::safe_by_key, Threads::none, -1, small);
    for (int i = 0; i < 10; ++i) {
      co_await (one.worker->publish_due() && two.worker->publish_due());
    }
    EXPECT_EQ(world.receiver.posts.size(), 60u);
    EXPECT_EQ(one.network.published + two.network.published, 60);
    auto left =
        co_await world.database.execute("SELECT COUNT(*) FROM targets WHERE state <> 'published'");
    EXPECT_EQ(left[0][0].integer(), 0);
    for (Process* each : {&one, &two}) co_await each->worker->stop(0ms);
  });
}

TEST_P(WorkerTest, AnAccountsPostsGoOutInTheOrderOfTheirTime) {
  run([](World& world) -> io::Task<> {
    const base::AccountId account = base::AccountId::make();
    std::vector<base::TargetId> targets;
    for (int i : {3, 1, 2, 5, 4}) {
      auto made =
          co_await world.post({.due = noon - std::chrono::seconds{60 - i}, .account = account});
      targets.push_back(made.targets[0]);
    }
    Process process(world, RetryClass::safe_by_key);
    EXPECT_EQ(co_await process.worker->publish_due(), 5u);
    std::vector<std::string> expected;
    for (std::size_t i : {1u, 2u, 0u, 4u, 3u}) {
      expected.push_back(co_await world.key(targets[i]));
    }
    EXPECT_EQ(world.receiver.posts, expected);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(WorkerTest, RunsByItselfReadyBeforeTheHourAndStopsInGoodOrder) {
  run([](World& world) -> io::Task<> {
    auto soon = co_await world.post({.due = noon + 4s});
    Process process(world, RetryClass::safe_by_key);
    WorkerSettings settings;
    settings.owner = "ahead";
    auto ahead = std::make_unique<Worker>(world.executor, process.doors(), settings);
    auto scenario = [](World& home, Worker& worker, World::Made post, Process& with) -> io::Task<> {
      // Written ahead, with nothing sent, seconds before its time.
      while (co_await home.state(post.targets[0]) != S::sending) co_await io::yield();
      EXPECT_EQ(with.network.published, 0);
      home.sleep.advance(3s);
      EXPECT_EQ(with.network.published, 0);
      home.sleep.advance(1s);
      while (co_await home.state(post.targets[0]) != S::published) co_await io::yield();

      auto later = co_await home.post({.due = home.clock.now() + 4s});
      worker.wake();
      while (co_await home.state(later.targets[0]) != S::sending) co_await io::yield();
      co_await worker.stop(5s);
      // Put back, certain that nothing was sent.
      EXPECT_EQ(co_await home.state(later.targets[0]), S::scheduled);
      EXPECT_EQ(with.network.published, 1);
    };
    co_await (ahead->run() && scenario(world, *ahead, soon, process));
    co_await process.worker->stop(0ms);
  });
}

}  // namespace
}  // namespace publishing::testing
