// The world of the worker's tests: what outlives every process (database, time, accounts, the
// network's side), and processes that die at a given door. Built from testing.h.
#pragma once

#include "base/id.h"
#include "db/testing.h"
#include "posts/store.h"
#include "posts/timeline.h"
#include "publishing/testing.h"
#include "publishing/worker.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>

namespace publishing::testing {

using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;
using networks::RetryClass;
using networks::Threads;
using S = TargetState;

inline const base::Instant noon = *base::parse_rfc3339("2026-11-23T12:00:00Z");

// What outlives every process: database, time, the network's side, accounts.
struct World {
  World(io::Executor loop, db::Database& real)
      : executor(loop), database(real), sleep(loop, clock) {}

  io::Executor executor;
  db::Database& database;
  base::VirtualClock clock{noon};
  VirtualSleep sleep;
  Receiver receiver;
  ScriptedAccounts accounts;
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
  // What the dead had under way is over: a server that is late with a rollback would still hold rows
  // that the living pass by, round after round, in no time at all.
  io::Task<> settled() {
    if (database.dialect() == db::Dialect::sqlite) co_return;
    for (int look = 0; look < 10'000; ++look) {
      auto busy = co_await database.execute(
          "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <>"
          " pg_backend_pid() AND state <> 'idle' AND backend_type = 'client backend'");
      if (busy[0][0].integer() == 0) co_return;
    }
    ADD_FAILURE() << "a dead process still holds a transaction";
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
            .images = [](base::WorkspaceId, std::vector<base::MediaId>,
                         networks::Limits) -> io::Task<base::Result<std::vector<networks::Image>>> {
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
    } catch (const Crash&) {
    }
    co_return false;
  }
  // Works until done or dead; then it is gone, whatever it was doing.
  io::Task<> live(int count) {
    co_await (survives(rounds(count)) || died.wait());
    co_await worker->stop(0ms);
    co_await world.settled();
  }

  World& world;
  Fate fate;
  io::Event died;
  MortalDatabase database;
  ScriptedNetwork network;
  std::unique_ptr<Worker> worker;
};

// Runs each test in a world of its own, on each kind of database.
class WorldTest : public ::testing::TestWithParam<db::Dialect> {
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

}  // namespace publishing::testing
