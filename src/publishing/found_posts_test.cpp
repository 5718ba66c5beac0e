#include "publishing/found_posts.h"

#include "publishing/world.h"

#include <algorithm>
#include <set>

namespace publishing {
namespace {

using namespace publishing::testing;

class FoundPostsTest : public WorldTest {};
INSTANTIATE_TEST_SUITE_P(Databases, FoundPostsTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(FoundPostsTest, OthersKnowTheirPostsAndLeaveOnesOwn) {
  run([](World& world) -> io::Task<> {
    const auto account = base::AccountId::make();
    const auto first = co_await world.post({.account = account});
    const auto second = co_await world.post({.account = account});
    co_await world.database.execute("UPDATE targets SET remote_id = 'r1' WHERE id = $1",
                                    {first.targets[0]});
    OtherTargets for_first(world.database, first.targets[0]);
    OtherTargets for_second(world.database, second.targets[0]);
    EXPECT_TRUE(co_await for_second.include(account, "r1"));
    EXPECT_FALSE(co_await for_first.include(account, "r1")) << "its own is not another's";
    EXPECT_FALSE(co_await for_second.include(account, "r2"));
    EXPECT_FALSE(co_await for_second.include(base::AccountId::make(), "r1")) << "another account";
  });
}

// A network that is searched by words alone; those who look wait until so many do.
class Wall final : public networks::Network {
 public:
  Wall(io::Executor executor, int lookers) : all_look(executor), lookers_(lookers) {
    about_ = {.id = "scripted",
              .label = "Wall",
              .retry = RetryClass::safe_by_lookup,
              .limits = {},
              .settings = {}};
  }
  mutable std::vector<std::string> posts;  // their texts; the index is the remote id
  mutable int answers_lost = 0;            // so many answers get lost
  mutable io::Event all_look;

  const networks::About& about() const override { return about_; }
  io::Task<base::Result<networks::Identity>> connect(networks::Context,
                                                     json::object) const override {
    co_return networks::Identity{};
  }
  io::Task<Health> test(networks::Context, networks::Account) const override { co_return Health{}; }
  io::Task<networks::Prepared> prepare(networks::Context, networks::Account,
                                       networks::Content content, networks::Key) const override {
    co_return networks::Frozen{json::serialize(json::object{{"text", content.parts[0].text}})};
  }
  io::Task<networks::Outcome> publish(networks::Context, networks::Account,
                                      networks::Frozen frozen) const override {
    posts.push_back(base::text_at(json::parse(frozen.payload), "/text"));
    if (answers_lost-- > 0) co_return networks::Unknown{"timeout"};
    co_return networks::Published{.remote_id = std::to_string(posts.size() - 1)};
  }
  io::Task<networks::Found> find(networks::Context context, networks::Account account,
                                 networks::Frozen frozen) const override {
    const std::string text = base::text_at(json::parse(frozen.payload), "/text");
    std::optional<std::string> found;
    for (std::size_t i = 0; i < posts.size() && !found; ++i) {
      const std::string id = std::to_string(i);
      if (posts[i] == text && !co_await context.others->include(account.id, id)) found = id;
    }
    if (++looking_ < lookers_) co_await all_look.wait();
    all_look.notify();
    if (!found) co_return networks::NotThere{};
    co_return networks::Published{.remote_id = *found};
  }

 private:
  networks::About about_;
  int lookers_;
  mutable int looking_ = 0;
};

std::unique_ptr<Worker> worker_on(World& world, Process& process, const Wall& wall) {
  WorkerDoors doors = process.doors();
  doors.networks = [&wall](std::string_view) { return &wall; };
  WorkerSettings settings;
  settings.owner = base::make_uuid7();
  settings.lead = 0ms;
  return std::make_unique<Worker>(world.executor, std::move(doors), settings);
}

// One of two that say the same got through, and both answers were lost.
TEST_P(FoundPostsTest, OfTwoThatSayTheSameOneGetsWhatIsThere) {
  run([](World& world) -> io::Task<> {
    const auto account = base::AccountId::make();
    const auto first = co_await world.post({.account = account});
    const auto second = co_await world.post({.account = account});
    Wall wall(world.executor, 2);
    wall.answers_lost = 2;
    Process process(world, RetryClass::safe_by_lookup);
    auto one = worker_on(world, process, wall);
    auto two = worker_on(world, process, wall);
    co_await one->publish_due();
    EXPECT_EQ(wall.posts.size(), 2u);
    wall.posts.pop_back();
    world.sleep.advance(2min);
    // One each: the limit of a claim is not what is tested here.
    co_await world.database.execute("UPDATE targets SET ready_at = $2 WHERE id = $1",
                                    {second.targets[0], world.clock.now() + 1s});
    auto later = [](World& home, Worker& other) -> io::Task<> {
      co_await io::yield();
      home.clock.advance(2s);
      co_await other.reconcile_due();
    };
    co_await (one->reconcile_due() && later(world, *two));
    auto rows = co_await world.database.execute("SELECT remote_id FROM targets WHERE state = $1",
                                                {std::string("published")});
    EXPECT_EQ(rows.size(), 1u);
    for (int i = 0; i < 20 && !co_await world.at_rest(); ++i) {
      co_await two->reconcile_due();
      co_await two->publish_due();
      world.sleep.advance(15s);
    }
    rows = co_await world.database.execute("SELECT remote_id FROM targets WHERE state = $1",
                                           {std::string("published")});
    std::set<std::string> ids;
    for (const db::Row& row : rows) ids.insert(row[0].text());
    EXPECT_EQ(ids, (std::set<std::string>{"0", "1"}));
    EXPECT_EQ(wall.posts.size(), 2u);
    co_await one->stop(0ms);
    co_await two->stop(0ms);
    co_await process.worker->stop(0ms);
  });
}

TEST_P(FoundPostsTest, WhatIsBeingSentWithTheSameWordsGoesFirst) {
  run([](World& world) -> io::Task<> {
    const auto account = base::AccountId::make();
    const auto lost = co_await world.post({.account = account});
    const auto sent = co_await world.post({.account = account});
    const auto other = co_await world.post({.parts = {"Something else"}, .account = account});
    FoundPosts found(world.database);
    const auto claim = [&] {
      return found.claim({.target = lost.targets[0], .fence = 7}, "r1", world.clock.now());
    };
    const auto set = [&](base::TargetId target, std::string state) {
      return world.database.execute("UPDATE targets SET state = $2, fence = 7 WHERE id = $1",
                                    {target, state});
    };
    EXPECT_FALSE(co_await claim()) << "it is not unknown";
    co_await set(lost.targets[0], "unknown");
    co_await set(sent.targets[0], "sending");
    co_await set(other.targets[0], "sending");
    EXPECT_FALSE(co_await claim());
    co_await set(sent.targets[0], "published");
    EXPECT_TRUE(co_await claim()) << "other words are of no concern";
    EXPECT_TRUE(co_await claim()) << "after a crash the same one again";
    EXPECT_FALSE(co_await found.claim({.target = lost.targets[0], .fence = 6}, "r2", noon));
    co_await set(sent.targets[0], "unknown");
    EXPECT_FALSE(co_await found.claim({.target = sent.targets[0], .fence = 7}, "r1", noon));
    OtherTargets others(world.database, sent.targets[0]);
    EXPECT_TRUE(co_await others.include(account, "r1"));
  });
}

}  // namespace
}  // namespace publishing
