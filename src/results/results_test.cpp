// What came of posts is read once, a day after they went out, and only where a network tells it.
#include "results/results.h"

#include "base/crypto.h"
#include "db/testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace results {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const base::Instant noon = *base::parse_rfc3339("2026-11-23T12:00:00Z");

struct Home {
  explicit Home(db::Database& real)
      : database(real),
        vault(*base::Vault::parse(base::Vault::make_key())),
        accounts(database, clock, vault),
        results(database, clock, accounts, {},
                [this](networks::Context, networks::Account, std::vector<std::string> ids) {
                  return read(std::move(ids));
                }) {}

  io::Task<> begin() {
    co_await database.execute(
        "INSERT INTO workspaces (id, name, time_zone, created_at, updated_at) VALUES ($1, 'w',"
        " 'UTC', 0, 0)",
        {workspace});
    account = co_await connect("mastodon");
  }
  io::Task<base::AccountId> connect(std::string network) {
    auto made = co_await accounts.connect(
        workspace, network,
        {.remote_id = network, .handle = "@a", .credentials = {{"token", "t"}}});
    co_return made->id;
  }
  io::Task<> publish(std::string remote_id, base::Instant at, base::AccountId on) {
    const base::PostId post = base::PostId::make();
    co_await database.execute(
        "INSERT INTO posts (id, workspace_id, author_id, parts, variants, language, when_type,"
        " time_zone, too_late, too_late_after, search_text, version, created_at, updated_at)"
        " VALUES ($1, $2, 'a', '[]', '[]', '', 'now', 'UTC', 'publish', 0, '', 1, 0, 0)",
        {post, workspace});
    co_await database.execute(
        "INSERT INTO targets (id, workspace_id, post_id, account_id, account_handle, network, part,"
        " whole, state, state_reason, due_at, too_late, too_late_after, text_hash, publish_key,"
        " remote_id, published_at, created_at, updated_at) VALUES ($1, $2, $3, $4, '@a',"
        " 'mastodon', 0, 1, 'published', '', $5, 'publish', 0, '', 'k', $6, $5, 0, 0)",
        {base::TargetId::make(), workspace, post, on, at, remote_id});
  }
  io::Task<networks::PostResults> read(std::vector<std::string> ids) {
    asked.push_back(ids);
    if (down) co_return std::unexpected(networks::RetryLater{.reason = "it is down"});
    std::vector<networks::PostResult> told;
    for (const std::string& id : ids) {
      if (id != "gone") told.push_back({.remote_id = id, .likes = 3, .reposts = 2, .replies = 1});
    }
    co_return told;
  }

  db::Database& database;
  base::VirtualClock clock{noon};
  base::Vault vault;
  accounts::Accounts accounts;
  std::vector<std::vector<std::string>> asked;
  bool down = false;
  Results results;
  const base::WorkspaceId workspace = base::WorkspaceId::make();
  base::AccountId account;
};

class ResultsTest : public ::testing::TestWithParam<db::Dialect> {
 protected:
  void run(io::Task<> (*body)(Home&)) {
    database_.run([body](db::Database& database) { return in_home(database, body); });
  }
  static io::Task<> in_home(db::Database& database, io::Task<> (*body)(Home&)) {
    Home home(database);
    co_await home.begin();
    co_await body(home);
  }
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, ResultsTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(ResultsTest, AreReadOnceWhenADayHasPassed) {
  run([](Home& home) -> io::Task<> {
    co_await home.publish("old", noon - 30h, home.account);
    co_await home.publish("new", noon - 2h, home.account);
    co_await home.publish("gone", noon - 40h, home.account);
    EXPECT_EQ(co_await home.results.turn(), 2u);
    EXPECT_THAT(home.asked, ElementsAre(ElementsAre("old", "gone")));
    EXPECT_EQ(co_await home.results.turn(), 0u);
    const auto outcomes = co_await home.results.outcomes(home.account);
    EXPECT_EQ(outcomes.size(), 1u) << "what is gone counts for nothing";
    EXPECT_EQ(outcomes.at(0).reactions, 6);
    EXPECT_EQ(outcomes.at(0).published_at, noon - 30h);
    std::vector<base::TargetId> targets;
    const auto rows = co_await home.database.execute("SELECT id FROM targets");
    for (const db::Row& row : rows) targets.push_back({row["id"].text()});
    const auto reactions = co_await home.results.reactions(targets);
    EXPECT_EQ(reactions.size(), 1u) << "neither what is gone nor what was not read";
    EXPECT_EQ(reactions.begin()->second, (Reactions{.likes = 3, .reposts = 2, .replies = 1}));
    EXPECT_TRUE((co_await home.results.reactions({})).empty());
    home.clock.advance(24h);
    EXPECT_EQ(co_await home.results.turn(), 1u);
  });
}

TEST_P(ResultsTest, ANetworkThatIsDownIsAskedAgain) {
  run([](Home& home) -> io::Task<> {
    co_await home.publish("old", noon - 30h, home.account);
    home.down = true;
    EXPECT_EQ(co_await home.results.turn(), 0u);
    EXPECT_THAT(co_await home.results.outcomes(home.account), IsEmpty());
    home.down = false;
    EXPECT_EQ(co_await home.results.turn(), 1u);
  });
}

TEST_P(ResultsTest, OtherNetworksAreNotAsked) {
  run([](Home& home) -> io::Task<> {
    co_await home.publish("old", noon - 30h, co_await home.connect("telegram"));
    EXPECT_EQ(co_await home.results.turn(), 0u);
    EXPECT_THAT(home.asked, IsEmpty());
    EXPECT_FALSE(Results::tells("telegram"));
  });
}

TEST_P(ResultsTest, ATurnOfAnAccountIsBounded) {
  run([](Home& home) -> io::Task<> {
    for (int i = 0; i < 25; ++i) {
      co_await home.publish(std::to_string(i), noon - 30h - std::chrono::minutes{i}, home.account);
    }
    EXPECT_EQ(co_await home.results.turn(), networks::results_at_once);
    EXPECT_EQ(co_await home.results.turn(), 5u);
  });
}

}  // namespace
}  // namespace results
