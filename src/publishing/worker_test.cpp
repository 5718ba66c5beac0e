#include "publishing/worker.h"

#include "base/json.h"
#include "db/testing.h"
#include "posts/store.h"
#include "posts/timeline.h"
#include "publishing/testing.h"

#include <random>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace publishing {
namespace {

using namespace boost::asio::experimental::awaitable_operators;
using namespace std::chrono_literals;
using networks::RetryClass;
using networks::Threads;
using testing::Fate;
using ::testing::HasSubstr;
using testing::Reply;
using S = TargetState;

const base::Instant noon = *base::parse_rfc3339("2026-11-23T12:00:00Z");

// What outlives every process: database, time, the network's side, accounts.
struct World {
  World(io::Executor loop, db::Database& real)
      : executor(loop), database(real), sleep(loop, clock) {}

  io::Executor executor;
  db::Database& database;
  base::VirtualClock clock{noon};
  testing::VirtualSleep sleep;
  testing::Receiver receiver;
  testing::ScriptedAccounts accounts;
  const base::WorkspaceId workspace = base::WorkspaceId::make();

  struct Made {
    base::PostId post;
    std::vector<base::TargetId> targets;
  };
  struct Wish {
    std::vector<std::string> parts = {"Hello"};
    bool by_part = false;
    base::Instant due = noon;
    posts::TooLate too_late = {};
    std::optional<base::AccountId> account = {};
  };

  io::Task<Made> post(Wish wish) {
    posts::PostInput input{.parts = {}, .when = {.type = posts::WhenType::at, .at = wish.due}};
    for (const std::string& text : wish.parts) input.parts.push_back({.text = text, .media = {}});
    input.too_late = wish.too_late;
    const base::AccountId account = wish.account.value_or(base::AccountId::make());
    input.variants = {{.account = account, .parts = {}}};
    std::vector<posts::PlannedTarget> plan;
    for (int part = 0; part < (wish.by_part ? static_cast<int>(wish.parts.size()) : 1); ++part) {
      plan.push_back({.account = account,
                      .account_handle = "@scripted",
                      .network = "scripted",
                      .part = part,
                      .whole = !wish.by_part,
                      .text_hash = posts::text_hash(input.parts),
                      .state = S::scheduled,
                      .due_at = wish.due});
    }
    Made made{.post = base::PostId::make(), .targets = {}};
    auto tx = co_await database.begin();
    co_await posts::insert_post(*tx,
                                {.id = made.post,
                                 .workspace = workspace,
                                 .author = base::UserId::make(),
                                 .input = input,
                                 .due_at = wish.due,
                                 .time_zone = "UTC"},
                                clock.now());
    made.targets = co_await posts::write_targets(*tx, made.post, workspace, plan, {}, {},
                                                 wish.too_late, clock.now());
    co_await tx->commit();
    co_return made;
  }

  io::Task<db::Row> row(base::TargetId id) {
    auto rows = co_await database.execute("SELECT * FROM targets WHERE id = $1", {id});
    co_return rows[0];
  }
  io::Task<S> state(base::TargetId id) {
    auto found = co_await row(id);
    co_return posts::stored_target_state(found["state"].text());
  }
  io::Task<std::string> key(base::TargetId id) {
    auto found = co_await row(id);
    co_return found["publish_key"].text();
  }
  // Nothing will happen by itself any more.
  io::Task<bool> at_rest() {
    auto rows = co_await database.execute(
        "SELECT COUNT(*) FROM targets WHERE state NOT IN ('published', 'rejected', 'cancelled',"
        " 'missed', 'needs_decision')");
    co_return rows[0][0].integer() == 0;
  }
  io::Task<std::vector<std::string>> story(base::PostId id) {
    std::vector<std::string> events;
    for (auto& entry : co_await posts::read_timeline(database, id)) events.push_back(entry.event);
    co_return events;
  }
};

// A worker process that dies at a given door.
struct Process {
  Process(World& home, RetryClass retry, Threads threads = Threads::part_by_part, int dies_at = -1,
          WorkerSettings settings = {})
      : world(home),
        fate(dies_at),
        died(home.executor),
        database(home.database, fate),
        network(home.receiver, retry, threads) {
    network.fate = &fate;
    fate.on_death = [this] { died.notify(); };
    settings.owner = base::make_uuid7();
    settings.lead = 0ms;
    worker = std::make_unique<Worker>(home.executor, doors(), settings);
  }

  WorkerDoors doors() {
    return {.database = &database,
            .clock = &world.clock,
            .accounts = &world.accounts,
            .networks = [this](std::string_view id) -> const networks::Network* {
              return id == "scripted" ? &network : nullptr;
            },
            .context = {},
            .images = [](base::WorkspaceId, std::vector<base::MediaId>)
                -> io::Task<base::Result<std::vector<networks::Image>>> {
              co_return std::vector<networks::Image>{};
            },
            .sleep = [this](base::Duration time) { return world.sleep.sleep(time); },
            .chance = [] { return 0.5; }};
  }

  // Rounds of everything that a worker does, with time passing in between, until nothing moves.
  io::Task<> rounds(int count) {
    for (int i = 0; i < count; ++i) {
      if (i > 0 && co_await world.at_rest()) co_return;
      co_await worker->sweep();
      co_await worker->reconcile_due();
      co_await worker->publish_due();
      world.sleep.advance(15s);
    }
  }
  static io::Task<bool> survives(io::Task<> work) {
    try {
      co_await std::move(work);
      co_return true;
    } catch (const testing::Crash&) {
    }
    co_return false;
  }
  // Works until done or dead; then it is gone, whatever it was doing.
  io::Task<> live(int count) {
    co_await (survives(rounds(count)) || died.wait());
    co_await worker->stop(0ms);
  }

  World& world;
  Fate fate;
  io::Event died;
  testing::MortalDatabase database;
  testing::ScriptedNetwork network;
  std::unique_ptr<Worker> worker;
};

class WorkerTest : public ::testing::TestWithParam<db::Dialect> {
 protected:
  void run(io::Task<> (*body)(World&)) {
    database_.run([body](db::Database& database) { return in_world(database, body); });
  }
  static io::Task<> in_world(db::Database& database, io::Task<> (*body)(World&)) {
    World world(co_await asio::this_coro::executor, database);
    co_await body(world);
  }
  db::TestDatabase database_{GetParam()};
};
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

// The heart: a process dies at every door there is, and another one takes over.
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

TEST_P(WorkerTest, ExactlyOnceByKeyWhereverAProcessDies) {
  run([](World& world) -> io::Task<> {
    co_await die_at_every_door(world, {RetryClass::safe_by_key, {}, {}});
    co_await die_at_every_door(world, {RetryClass::safe_by_key, {Reply::lost}, {}});
    co_await die_at_every_door(world, {RetryClass::safe_by_key, {Reply::unreachable}, {}});
  });
}

TEST_P(WorkerTest, ExactlyOnceByLookUpWhereverAProcessDies) {
  run([](World& world) -> io::Task<> {
    co_await die_at_every_door(world, {RetryClass::safe_by_lookup, {}, {}});
    co_await die_at_every_door(world,
                               {RetryClass::safe_by_lookup, {Reply::lost}, {Reply::cannot_tell}});
    co_await die_at_every_door(world, {RetryClass::safe_by_lookup, {Reply::unreachable}, {}});
  });
}

TEST_P(WorkerTest, AtMostOnceWhereNobodyCanTellWhereverAProcessDies) {
  run([](World& world) -> io::Task<> {
    co_await die_at_every_door(world, {RetryClass::blind, {}, {}});
    co_await die_at_every_door(world, {RetryClass::blind, {Reply::lost}, {}});
  });
}

TEST_P(WorkerTest, ThreadsSurviveManyDeaths) {
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
    EXPECT_TRUE((co_await first.renew({theirs.at(0).id}, lease)).empty());
    EXPECT_EQ((co_await second.renew({theirs.at(0).id}, lease)).size(), 1u);
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
}  // namespace publishing
