// A paused workspace holds what is due and lets it go by itself; nothing unapproved is ever
// claimed, and of an edit and a claim at the same moment one wins.
#include "accounts/accounts.h"
#include "posts/home.h"
#include "publishing/account_door.h"
#include "publishing/world.h"

#include <gmock/gmock.h>

namespace publishing::testing {
namespace {

using ::testing::HasSubstr;

class CalendarOfWorkersTest : public ::testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, CalendarOfWorkersTest,
                         ::testing::ValuesIn(db::available_dialects()), db::dialect_of_test);

// The production side of accounts, in the world of the worker's tests.
struct Office {
  explicit Office(World& the_world)
      : world(the_world),
        vault(*base::Vault::parse(base::Vault::make_key())),
        accounts(world.database, world.clock, vault),
        door(accounts) {}

  io::Task<base::AccountId> furnish() {
    co_await world.database.execute(
        "INSERT INTO workspaces (id, name, time_zone, created_at, updated_at)"
        " VALUES ($1, 'Ours', 'UTC', 0, 0)",
        {world.workspace});
    networks::Identity identity{.remote_id = "@ada", .handle = "@ada"};
    auto view = co_await accounts.connect(world.workspace, "scripted", identity);
    co_return view->id;
  }
  io::Task<> pause(bool paused) {
    co_await world.database.execute("UPDATE workspaces SET paused = $1", {paused});
  }

  World& world;
  base::Vault vault;
  accounts::Accounts accounts;
  ConnectedAccounts door;
};

io::Task<> pause_of_a_workspace(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Office office(world);
  const base::AccountId account = co_await office.furnish();
  Process process(world, RetryClass::safe_by_key);
  WorkerDoors doors = process.doors();
  doors.accounts = &office.door;
  process.worker = std::make_unique<Worker>(world.executor, std::move(doors),
                                            WorkerSettings{.owner = "w", .lead = 0ms});
  const World::Made made = co_await world.post({.account = account});
  co_await office.pause(true);
  co_await process.worker->publish_due();
  EXPECT_EQ(co_await world.state(made.targets[0]), S::paused);
  const db::Row row = co_await world.row(made.targets[0]);
  EXPECT_THAT(row["state_reason"].text(), HasSubstr("workspace is paused"));
  co_await process.worker->sweep();
  EXPECT_EQ(co_await world.state(made.targets[0]), S::paused);
  co_await office.pause(false);
  co_await process.worker->sweep();
  EXPECT_EQ(co_await world.state(made.targets[0]), S::scheduled);
  co_await process.worker->publish_due();
  EXPECT_EQ(co_await world.state(made.targets[0]), S::published);
  co_await process.worker->stop(0ms);
}

TEST_P(CalendarOfWorkersTest, APausedWorkspaceHoldsAndLetsGoByItself) {
  database_.run(pause_of_a_workspace);
}

class ClaimsTest : public posts::testing::HomeTest {};
INSTANTIATE_TEST_SUITE_P(Databases, ClaimsTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

using posts::testing::Home;

TEST_P(ClaimsTest, NothingUnapprovedIsEverClaimed) {
  run([](Home& home) -> io::Task<> {
    // Scheduled before approval was required, as well as everything that comes after.
    co_await home.posts.create(home.owner, home.write("a", {.type = posts::WhenType::now}));
    co_await home.require_approval();
    co_await home.posts.hold_unapproved(home.database, home.owner.workspace);
    accounts::Principal token = home.owner;
    token.by_session = false;
    auto made = co_await home.posts.create(token, home.write("b", {.type = posts::WhenType::now}));
    co_await home.posts.publish_now(token, made->id, {});
    posts::BulkInput bulk;
    bulk.rows.push_back({.input = home.write("c", {.type = posts::WhenType::now}), .errors = {}});
    co_await home.bulk.run(token, bulk);
    co_await home.series.create(token, {.content = home.write("d", {}),
                                        .repeat = {.starts = "2026-11-23T13:00",
                                                   .rrule = "FREQ=DAILY",
                                                   .time_zone = "Europe/Paris",
                                                   .skipped = {}}});
    home.clock.advance(72h);
    Store store(home.database, home.clock, "worker");
    const base::Instant now = home.clock.now();
    EXPECT_TRUE((co_await store.claim(now, now + 1min, 99)).empty());
    EXPECT_GT(
        co_await home.count("targets WHERE state = 'awaiting_approval' AND due_at <= $1", {now}),
        4U);
    // An approval lets exactly that go; an edit afterwards takes it back.
    auto approved = co_await home.posts.approve(home.owner, made->id, {});
    EXPECT_EQ(approved->approver, "Ada");
    accounts::Principal editor = co_await home.person("Bob", accounts::Role::editor);
    const posts::PostInput other = home.write("B", {.type = posts::WhenType::now});
    co_await home.posts.replace(editor, made->id, other, {});
    EXPECT_TRUE((co_await store.claim(now, now + 1min, 99)).empty());
    co_await home.posts.approve(home.owner, made->id, {});
    EXPECT_EQ((co_await store.claim(now, now + 1min, 99)).size(), 1U);
  });
}

io::Task<> claim_into(Store* store, base::Instant now, std::size_t* claimed) {
  *claimed = (co_await store->claim(now, now + 1min, 99)).size();
}

// Of an edit and a claim at the same moment one wins, whatever the edit is.
TEST_P(ClaimsTest, AnEditOrAClaimNeverBoth) {
  run([](Home& home) -> io::Task<> {
    Store store(home.database, home.clock, "worker");
    for (int i = 0; i < 24; ++i) {
      auto post = co_await home.posts.create(
          home.owner, home.write(fmt::format("n{}", i), Home::at(home.clock.now() + 1s)));
      home.clock.advance(2s);
      const base::Instant now = home.clock.now();
      const posts::PostInput text = home.write("other", Home::at(now + 1h));
      const posts::PostChange move{.when = Home::at(now + 2h), .too_late = {}};
      const posts::PostChange policy{.when = {}, .too_late = posts::TooLate{}};
      std::size_t claimed = 0;
      base::Result<posts::Post> edited;
      auto claim = claim_into(&store, now, &claimed);
      if (i % 4 == 0) {
        edited = co_await (home.posts.cancel(home.owner, post->id, {}) && std::move(claim));
      } else if (i % 4 == 1) {
        edited = co_await (home.posts.replace(home.owner, post->id, text, {}) && std::move(claim));
      } else if (i % 4 == 2) {
        edited = co_await (home.posts.change(home.owner, post->id, move, {}) && std::move(claim));
      } else {
        edited = co_await (home.posts.change(home.owner, post->id, policy, {}) && std::move(claim));
      }
      auto after = co_await home.posts.get(home.owner.workspace, post->id);
      const auto state = after->targets[0].state;
      if (!edited) {
        EXPECT_EQ(edited.error().status, 409) << edited.error().message;
        EXPECT_EQ(state, S::claimed) << i;
        EXPECT_EQ(after->version, 1) << "nothing of the edit is there";
      } else if (i % 4 != 3) {
        EXPECT_EQ(claimed, 0U) << i;
        EXPECT_NE(state, S::claimed) << i;
      }
      co_await home.database.execute("UPDATE targets SET state = 'cancelled'");
    }
  });
}

// Holds up whoever looks for what is due, after PostgreSQL has decided which rows it sees. Locks
// of transactions, so that it works through a pooler too.
class Gate {
 public:
  explicit Gate(db::Database& database)
      : database_(database), needed_(database.dialect() == db::Dialect::postgres) {}

  // SQLite has one writer: nothing can come between.
  bool needed() const { return needed_; }

  io::Task<> shut() {
    if (!needed_) co_return;
    co_await database_.execute(
        "CREATE OR REPLACE VIEW queue_scheduled AS SELECT target_id, at FROM queue"
        " WHERE kind = 'scheduled' AND pg_advisory_xact_lock_shared(7) IS NOT NULL");
    held_ = co_await database_.begin();
    co_await held_->execute("SELECT pg_advisory_xact_lock(7)");
  }
  io::Task<> somebody_waits() {
    while (needed_ &&
           (co_await database_.execute(
                "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"))
               .empty()) {
    }
  }
  io::Task<> open() {
    if (held_) co_await held_->commit();
    held_.reset();
  }

 private:
  db::Database& database_;
  const bool needed_;
  std::unique_ptr<db::Transaction> held_;
};

io::Task<> move_behind(Gate* gate, Home* home, base::PostId post, bool* moved) {
  co_await gate->somebody_waits();
  const posts::PostChange change{.when = Home::at(home->clock.now() + 2h), .too_late = {}};
  *moved = (co_await home->posts.change(home->owner, post, change, {})).has_value();
  co_await gate->open();
}

// The claim has connections of its own: behind it no other statement has to wait.
io::Task<> move_what_is_being_claimed(db::Database& database, db::Database& of_the_worker,
                                      std::string folder) {
  Home home(database, std::move(folder));
  co_await home.furnish();
  Store store(of_the_worker, home.clock, "worker");
  auto post =
      co_await home.posts.create(home.owner, home.write("soon", Home::at(home.clock.now() + 1s)));
  home.clock.advance(2s);
  Gate gate(database);
  co_await gate.shut();
  std::size_t claimed = 99;
  bool moved = false;
  co_await (claim_into(&store, home.clock.now(), &claimed) &&
            move_behind(&gate, &home, post->id, &moved));
  EXPECT_EQ(claimed, moved ? 0U : 1U);
  EXPECT_TRUE(moved || !gate.needed());
}

// A claim sees the rows as they were when it began, and locks them as they are: what was moved
// between the two is not due any more.
TEST_P(ClaimsTest, WhatIsMovedAfterAClaimHasSeenItIsNotClaimed) {
  database_.run([this](db::Database& database) -> io::Task<> {
    const auto of_the_worker = database_.open(co_await asio::this_coro::executor);
    co_await move_what_is_being_claimed(database, *of_the_worker, folder_);
    co_await of_the_worker->close();
  });
}

}  // namespace
}  // namespace publishing::testing
