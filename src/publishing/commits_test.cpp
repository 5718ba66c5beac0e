// Group commit: what comes together is committed together, and judged one by one.
#include "publishing/commits.h"

#include "publishing/world.h"

#include <gmock/gmock.h>

namespace publishing::testing {
namespace {

class CommitsTest : public WorldTest {};
INSTANTIATE_TEST_SUITE_P(Databases, CommitsTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

// Claimed by `store`, and about to be refused by the network for `reasons`.
io::Task<std::vector<std::shared_ptr<const Change>>> refusals(World& world, Store& store,
                                                              std::vector<std::string> reasons) {
  for (std::size_t i = 0; i < reasons.size(); ++i) co_await world.post({});
  const auto works = co_await store.claim(world.clock.now(), world.clock.now() + 1min, 100);
  std::vector<std::shared_ptr<const Change>> changes;
  for (std::size_t i = 0; i < works.size(); ++i) {
    auto next = step(S::claimed,
                     event::CouldNotPrepare{networks::Rejected{.code = "no", .reason = reasons[i]}},
                     Context{.now = world.clock.now(), .network = "Scripted"});
    changes.push_back(std::make_shared<const Change>(Change{.work = works[i], .next = *next}));
  }
  co_return changes;
}

io::Task<> apply(Commits* commits, std::shared_ptr<const Change> change, std::string* result) {
  try {
    *result = co_await commits->apply(std::move(change)) ? "made" : "not made";
  } catch (const db::DatabaseError&) {
    *result = "refused";
  }
}

io::Task<std::vector<std::string>> apply_all(World& world, Store& store,
                                             std::vector<std::shared_ptr<const Change>> changes) {
  io::Supervisor supervisor(world.executor);
  Commits commits(world.executor, supervisor, store);
  std::vector<std::string> results(changes.size());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    supervisor.start_once("apply", [&commits, &results, change = changes[i], i] {
      return apply(&commits, change, &results[i]);
    });
  }
  co_await supervisor.join();
  co_return results;
}

TEST_P(CommitsTest, OneThatTheDatabaseRefusesDoesNotKeepTheOthers) {
  run([](World& world) -> io::Task<> {
    // Neither database takes a NUL in a text.
    Store store(world.database, world.clock, "anna");
    auto changes = co_await refusals(world, store, {"a", std::string("b\0c", 3), "d", "e", "f"});
    EXPECT_THAT(co_await apply_all(world, store, changes),
                ::testing::ElementsAre("made", "refused", "made", "made", "made"));
    EXPECT_EQ(co_await world.state(changes[0]->work.id), S::rejected);
    EXPECT_EQ(co_await world.state(changes[4]->work.id), S::rejected);
  });
}

TEST_P(CommitsTest, TheSecondChangeOfATargetIsJudgedAfterTheFirst) {
  run([](World& world) -> io::Task<> {
    Store store(world.database, world.clock, "anna");
    auto changes = co_await refusals(world, store, {"a", "b"});
    changes.push_back(changes[0]);
    EXPECT_THAT(co_await apply_all(world, store, changes),
                ::testing::ElementsAre("made", "made", "not made"));
    EXPECT_THAT(co_await world.story(changes[0]->work.post),
                ::testing::ElementsAre("claimed", "rejected"));
  });
}

}  // namespace
}  // namespace publishing::testing
