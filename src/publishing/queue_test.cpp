// The queue says what the targets say, whoever changes them: on PostgreSQL triggers see to that.
#include "publishing/world.h"

#include <fmt/format.h>

namespace publishing::testing {
namespace {

class QueueTest : public WorldTest {};
INSTANTIATE_TEST_SUITE_P(Databases, QueueTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

constexpr const char* queued =
    "SELECT target_id AS id, 'scheduled' AS kind, at FROM queue_scheduled UNION ALL"
    " SELECT target_id, 'held', at FROM queue_held UNION ALL"
    " SELECT target_id, 'unknown', at FROM queue_unknown UNION ALL"
    " SELECT target_id, 'paused', at FROM queue_paused UNION ALL"
    " SELECT target_id, 'needs_decision', at FROM queue_undecided";
constexpr const char* meant =
    "SELECT id, CASE WHEN state IN ('claimed', 'sending') THEN 'held' ELSE state END AS kind,"
    " CASE WHEN state IN ('claimed', 'sending') THEN lease_until WHEN state IN ('scheduled',"
    " 'unknown') THEN ready_at ELSE due_at END AS at FROM targets WHERE state IN ('scheduled',"
    " 'claimed', 'sending', 'unknown', 'paused', 'needs_decision')";

io::Task<> expect_the_same(db::Database& database, std::string_view when) {
  for (const auto& [more, less] : {std::pair(queued, meant), std::pair(meant, queued)}) {
    const auto rows = co_await database.execute(fmt::format(
        "SELECT COUNT(*) FROM (SELECT * FROM ({}) AS a EXCEPT SELECT * FROM ({}) AS b) AS other",
        more, less));
    EXPECT_EQ(rows[0][0].integer(), 0) << when;
  }
}

io::Task<std::int64_t> count(db::Database& database, std::string_view table) {
  const auto rows = co_await database.execute(fmt::format("SELECT COUNT(*) FROM {}", table));
  co_return rows[0][0].integer();
}

TEST_P(QueueTest, FollowsEveryChangeOfATarget) {
  run([](World& world) -> io::Task<> {
    db::Database& database = world.database;
    co_await world.post({.parts = {"One", "Two"}, .by_part = true});
    co_await world.post({});
    co_await expect_the_same(database, "written");
    EXPECT_EQ(co_await count(database, "queue_scheduled"), 3);
    for (const char* state : {"claimed", "sending", "unknown", "scheduled", "paused",
                              "needs_decision", "published", "scheduled"}) {
      co_await database.execute("UPDATE targets SET state = $1, lease_until = 5, ready_at = 3",
                                {state});
      co_await expect_the_same(database, state);
    }
    co_await database.execute("UPDATE targets SET ready_at = NULL WHERE part = 1");
    co_await expect_the_same(database, "waits for the part before it");
    co_await database.execute("UPDATE targets SET ready_at = 7 WHERE part = 0");
    co_await expect_the_same(database, "moved");
    for (const auto& [state, lease] : {std::pair("claimed", 90), std::pair("sending", 40)}) {
      co_await database.execute("UPDATE targets SET state = $1, lease_until = $2", {state, lease});
      co_await expect_the_same(database, "with a shorter lease");
    }
    // As each on its own would be: some go, some stay, some come, in one statement.
    co_await database.execute(
        "UPDATE targets SET state = CASE WHEN part = 1 THEN 'published' WHEN whole = 1 THEN"
        " 'claimed' ELSE 'unknown' END");
    co_await expect_the_same(database, "apart");
    co_await database.execute(
        "UPDATE targets SET state = CASE WHEN part = 1 THEN 'claimed' WHEN whole = 1 THEN"
        " 'scheduled' ELSE 'sending' END");
    co_await expect_the_same(database, "crosswise");
  });
}

TEST_P(QueueTest, WhatBelongsToAPostGoesWithIt) {
  run([](World& world) -> io::Task<> {
    db::Database& database = world.database;
    const World::Made gone = co_await world.post({});
    const World::Made kept = co_await world.post({});
    for (const World::Made& made : {gone, kept}) {
      co_await posts::append_timeline(database, noon,
                                      {{.post = made.post,
                                        .target = made.targets[0],
                                        .event = "created",
                                        .actor = "Ada",
                                        .message = "Written."}});
      co_await database.execute(
          "INSERT INTO attempts (id, target_id, publish_key, frozen, fence, worker, started_at)"
          " VALUES ($1, $1, 'key', '{}', 1, 'anna', 1)",
          {made.targets[0]});
    }
    co_await database.execute("DELETE FROM posts WHERE id = $1", {gone.post});
    for (const char* table : {"targets", "timeline", "attempts", "queue_scheduled"}) {
      EXPECT_EQ(co_await count(database, table), 1) << table;
    }
    co_await expect_the_same(database, "deleted");
  });
}

}  // namespace
}  // namespace publishing::testing
