#include "rules/engine.h"

#include "posts/home.h"
#include "rules/guard.h"
#include "rules/routes.h"

#include <gmock/gmock.h>

namespace rules {
namespace {

using namespace std::chrono_literals;
using posts::testing::Home;
using ::testing::HasSubstr;

class NoMail final : public notices::Mailer {
 public:
  bool available() const override { return false; }
  io::Task<base::Result<void>> send(notices::Mail) override {
    co_return base::not_found("no mail");
  }
};

class NoClient final : public http::Client {
 public:
  io::Task<std::expected<http::ClientResponse, http::TransportError>> send(
      http::ClientRequest) override {
    co_return std::unexpected(http::TransportError{.code = "dns", .message = "Nobody there."});
  }
};

captions::TrendEvidence evidence_of(const std::string& label) {
  return {.label = label, .authors = 20, .ratio = 5};
}

io::Task<std::optional<captions::TrendEvidence>> find_evidence(base::WorkspaceId, std::string) {
  co_return evidence_of("#AppleEvent");
}

// One process of the fleet.
struct Process {
  Process(io::Executor executor, Home& home, std::string name)
      : leases(home.database, home.clock, name),
        queue(home.database, home.clock, name),
        board(executor, home.database, home.clock),
        lists(home.database, home.clock),
        composer(client, home.clock, {}),
        captioning(
            {.composer = composer, .accounts = home.accounts, .find_evidence = find_evidence}),
        notices({.database = home.database,
                 .clock = home.clock,
                 .vault = home.vault,
                 .queue = queue,
                 .http = client,
                 .mailer = mailer,
                 .public_url = ""}),
        store(home.database, home.clock),
        engine({.database = home.database,
                .clock = home.clock,
                .leases = leases,
                .lists = lists,
                .board = board,
                .captioning = captioning,
                .posts = home.posts,
                .notices = notices},
               store),
        guard(home.database, home.clock, board) {}

  jobs::Leases leases;
  jobs::Queue queue;
  trends::Board board;
  topics::Lists lists;
  NoClient client;
  NoMail mailer;
  captions::Composer composer;
  captions::Captioning captioning;
  notices::Notices notices;
  Store store;
  Engine engine;
  Guard guard;
};

struct Rising {
  std::string label;
  double score = 10;
  bool coordinated = false;
};

// A list of trends as the automation role writes it; ids stay with their topics.
io::Task<std::vector<std::string>> rise(Home& home, std::vector<Rising> rising,
                                        trends::StoryBook& known) {
  trends::TrendStore store(home.database);
  const trends::Lane lane{.name = "live", .at = home.clock.now(), .event_at = home.clock.now()};
  EXPECT_TRUE(co_await store.open_lane(lane, 1, false));
  std::vector<trends::Trend> list;
  for (const Rising& each : rising) {
    list.push_back(
        {.id = each.label, .topic = each.label, .label = each.label, .score = each.score});
    list.back().authors = 20;
    list.back().coordinated = each.coordinated;
    list.back().sources = {{"jetstream", 0.9}, {"mastodon", 0.1}};
  }
  EXPECT_TRUE(co_await store.write(lane, 1, std::move(list), known));
  std::vector<std::string> ids;
  for (const Rising& each : rising) ids.push_back(known.find(each.label)->id);
  co_return ids;
}

struct Scene {
  explicit Scene(Home& the_home, io::Executor executor)
      : home(the_home), first(executor, the_home, "first"), second(executor, the_home, "second") {}

  io::Task<> furnish() {
    co_await home.database.execute(
        "INSERT INTO memberships (user_id, workspace_id, role, created_at)"
        " VALUES ($1, $2, 'owner', 0)",
        {home.owner.user, home.owner.workspace});
    auto made = co_await first.lists.add(
        home.owner.workspace, {.name = "Us", .interest = {.keywords = {"appleevent", "weather"}}});
    list = made->id;
    co_await home.slots.add(home.owner.workspace, home.bluesky,
                            {.weekdays = "1234567", .time_of_day = "18:00", .time_zone = "UTC"});
  }

  Rule rule(PostMode mode) const {
    Rule made{.name = "Join in", .list = list};
    made.trigger.score_min = 5;
    made.conditions.cool_down = 0min;
    made.post = PostAction{.mode = mode, .accounts = {home.bluesky}};
    return made;
  }
  io::Task<StoredRule> add(Rule made) {
    auto stored = co_await first.store.add(home.owner.workspace, home.owner.user, std::move(made));
    EXPECT_TRUE(stored.has_value());
    co_return *stored;
  }
  io::Task<std::vector<std::string>> show(std::vector<Rising> rising) {
    auto ids = co_await rise(home, std::move(rising), known);
    first.board.changed();
    second.board.changed();
    co_return ids;
  }

  Home& home;
  Process first;
  Process second;
  std::string list;
  trends::StoryBook known;
};

class EngineTest : public ::testing::TestWithParam<db::Dialect> {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void run(io::Task<> (*body)(Scene&)) {
    database_.run([this, body](db::Database& database) { return play(database, folder_, body); });
  }
  static io::Task<> play(db::Database& database, std::string folder, io::Task<> (*body)(Scene&)) {
    Home home(database, std::move(folder));
    co_await home.furnish();
    Scene scene(home, co_await asio::this_coro::executor);
    co_await scene.furnish();
    co_await body(scene);
  }
  db::TestDatabase database_{GetParam()};
  std::string folder_ =
      (std::filesystem::temp_directory_path() / ("rules-" + base::make_uuid7())).string();
};
INSTANTIATE_TEST_SUITE_P(Databases, EngineTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(EngineTest, DraftsOnceForEachStoryAndTells) {
  run([](Scene& scene) -> io::Task<> {
    const StoredRule rule = co_await scene.add(scene.rule(PostMode::draft));
    co_await scene.show({{"#AppleEvent"}, {"weather", 4}, {"football", 50}});
    EXPECT_EQ(co_await scene.first.engine.turn(), 1U);
    EXPECT_EQ(co_await scene.second.engine.turn(), 0U);
    EXPECT_EQ(co_await scene.home.count("posts"), 1U);
    EXPECT_EQ(co_await scene.home.count("targets WHERE state = 'draft'"), 1U);
    EXPECT_EQ(co_await scene.home.count("notices WHERE about = 'rule'"), 1U);
    const auto runs = co_await scene.first.store.runs(rule.id, 10);
    EXPECT_EQ(runs.size(), 2U) << "the third is of no interest";
    for (const rules::Run& run : runs) {
      if (run.label == "weather") {
        EXPECT_EQ(run.state, RunState::waiting);
        EXPECT_THAT(run.reason, HasSubstr("below 5.0"));
      } else {
        EXPECT_EQ(run.state, RunState::acted);
        EXPECT_TRUE(run.post.has_value());
      }
    }
    // It rises after all.
    co_await scene.show({{"#AppleEvent"}, {"weather", 9}});
    EXPECT_EQ(co_await scene.second.engine.turn(), 1U);
  });
}

// Both look, neither has the other's lease: the database lets one of them act.
TEST_P(EngineTest, TwoProcessesAtOnceActOnce) {
  run([](Scene& scene) -> io::Task<> {
    using namespace boost::asio::experimental::awaitable_operators;
    Rule rule = scene.rule(PostMode::slot);
    rule.conditions.per_day_max = 1;
    co_await scene.add(rule);
    co_await scene.show({{"#AppleEvent"}, {"weather"}});
    const auto [first, second] = co_await (scene.first.engine.turn() && scene.second.engine.turn());
    EXPECT_EQ(first + second, 1U) << "also the quota is held by both together";
    EXPECT_EQ(co_await scene.home.count("posts"), 1U);
    EXPECT_EQ(co_await scene.home.count("notices"), 1U);
    EXPECT_EQ(co_await scene.home.count("post_guards"), 1U);
  });
}

TEST_P(EngineTest, HoldsForApproval) {
  run([](Scene& scene) -> io::Task<> {
    co_await scene.add(scene.rule(PostMode::approval));
    co_await scene.show({{"#AppleEvent"}});
    EXPECT_EQ(co_await scene.first.engine.turn(), 1U);
    EXPECT_EQ(co_await scene.home.count("targets WHERE state = 'awaiting_approval'"), 1U);
    auto page = co_await scene.home.posts.list(scene.home.owner.workspace, {});
    auto approved = co_await scene.home.posts.approve(scene.home.owner, page->posts.at(0).id, {});
    EXPECT_TRUE(approved.has_value());
    EXPECT_EQ(co_await scene.home.count("targets WHERE state = 'scheduled'"), 1U);
  });
}

TEST_P(EngineTest, AFailureIsKeptTriedAgainAndGivenUp) {
  run([](Scene& scene) -> io::Task<> {
    Rule rule = scene.rule(PostMode::slot);
    rule.post->accounts = {scene.home.mastodon};  // has no slot
    const StoredRule stored = co_await scene.add(rule);
    co_await scene.show({{"#AppleEvent"}});
    for (int turn = 0; turn < Engine::tries_max + 2; ++turn) {
      EXPECT_EQ(co_await scene.first.engine.turn(), 0U);
    }
    const auto runs = co_await scene.first.store.runs(stored.id, 10);
    EXPECT_EQ(runs.size(), 1U);
    EXPECT_EQ(runs.at(0).state, RunState::failed);
    EXPECT_EQ(runs.at(0).tries, Engine::tries_max);
    EXPECT_EQ(co_await scene.home.count("posts"), 0U);
    EXPECT_EQ(co_await scene.home.count("notices"), 0U);
  });
}

TEST_P(EngineTest, ActsOnItemsOfFeeds) {
  run([](Scene& scene) -> io::Task<> {
    Rule rule = scene.rule(PostMode::draft);
    rule.trigger.type = TriggerType::item;
    co_await scene.add(rule);
    const topics::WatchSample item{.source = "feed",
                                   .mention = "guid",
                                   .item = true,
                                   .at = scene.home.clock.now(),
                                   .by = "weather",
                                   .text = "Weather turns",
                                   .url = "https://news.example/1"};
    co_await scene.first.lists.record({{.list = scene.list, .mentions = 1, .samples = {item}}});
    EXPECT_EQ(co_await scene.first.engine.turn(), 1U);
    EXPECT_EQ(co_await scene.first.engine.turn(), 0U);
    auto page = co_await scene.home.posts.list(scene.home.owner.workspace, {});
    EXPECT_THAT(page->posts.at(0).parts.at(0).text, HasSubstr("https://news.example/1"));
    EXPECT_EQ(co_await scene.home.count("post_guards"), 0U);
  });
}

TEST_P(EngineTest, ADryRunTellsAndChangesNothing) {
  run([](Scene& scene) -> io::Task<> {
    Rule rule = scene.rule(PostMode::slot);
    rule.conditions.per_day_max = 1;
    co_await scene.show({{"#AppleEvent", 20}});
    scene.home.clock.advance(1h);
    // It has sunk since, and something else came.
    co_await scene.show({{"#AppleEvent", 2}, {"weather", 8}});
    const auto would =
        co_await scene.first.engine.dry_run(scene.home.owner.workspace, rule, std::chrono::days{7});
    EXPECT_EQ(would->size(), 2U);
    EXPECT_FALSE(would->at(0).why_not.has_value());
    EXPECT_EQ(would->at(0).story.label, "#AppleEvent");
    EXPECT_THAT(would->at(1).why_not.value_or(""), HasSubstr("times today"));
    EXPECT_EQ(co_await scene.home.count("rule_runs"), 0U);
    EXPECT_EQ(co_await scene.home.count("posts"), 0U);
  });
}

TEST_P(EngineTest, TheGuardKnowsDeadAndCoordinatedTrends) {
  run([](Scene& scene) -> io::Task<> {
    co_await scene.add(scene.rule(PostMode::slot));
    co_await scene.show({{"#AppleEvent"}});
    co_await scene.first.engine.turn();
    auto page = co_await scene.home.posts.list(scene.home.owner.workspace, {});
    const base::PostId post = page->posts.at(0).id;
    const base::TargetId target = page->posts.at(0).targets.at(0).id;
    Guard& guard = scene.first.guard;
    EXPECT_EQ((co_await guard.guarded({post, base::PostId::make()})).size(), 1U);
    EXPECT_FALSE(co_await guard.look(post, target));
    co_await scene.show({{"#AppleEvent", 1}});
    EXPECT_THAT((co_await guard.look(post, target))->reason, HasSubstr("died down"));
    co_await scene.show({{"#AppleEvent", 20, true}});
    EXPECT_THAT((co_await guard.look(post, target))->reason, HasSubstr("coordinated"));
    scene.home.clock.advance(2h);
    const auto unknown = co_await guard.look(post, target);
    EXPECT_THAT(unknown->reason, HasSubstr("not known"));
    EXPECT_FALSE(unknown->drop);
    // A person has been asked, and said that it goes.
    co_await posts::append_timeline(scene.home.database, scene.home.clock.now(),
                                    {{.post = post,
                                      .target = target,
                                      .event = "trend_died",
                                      .actor = "worker",
                                      .message = ""}});
    EXPECT_FALSE(co_await guard.look(post, target));
  });
}

}  // namespace
}  // namespace rules
