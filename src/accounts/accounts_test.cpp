#include "accounts/accounts.h"

#include "accounts/housekeeping.h"
#include "accounts/test_world.h"
#include "db/testing.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

namespace accounts {
namespace {

using namespace std::chrono_literals;

class AccountsTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, AccountsTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

networks::Identity identity(json::object credentials) {
  return {.remote_id = "42",
          .handle = "@ada@social.example",
          .display_name = "Ada",
          .url = "https://social.example/@ada",
          .avatar_url = "",
          .details = {{"server", "https://social.example"}},
          .credentials = std::move(credentials)};
}

// A signed-in owner and her workspace.
struct Owner {
  explicit Owner(World& world) : visitor(world) {}
  Visitor visitor;
  base::WorkspaceId workspace;
};

io::Task<> sign_up(Owner* owner) {
  const http::Response made = co_await owner->visitor.register_as("ada@example.org");
  owner->workspace = {base::text_at(body_of(made), "/workspace/id")};
}

io::Task<> secrets(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Owner ada(world);
  co_await sign_up(&ada);
  Accounts& accounts = world.services.accounts;
  const auto made = co_await accounts.connect(ada.workspace, "mastodon",
                                              identity({{"access_token", "secret-1"}}));
  EXPECT_TRUE(made);
  const db::Rows rows = co_await database.execute("SELECT credentials FROM accounts");
  EXPECT_FALSE(rows[0][0].text().contains("secret-1"));
  EXPECT_EQ((co_await accounts.open(made->id))->credentials.at("access_token"), "secret-1");
  const http::Response shown = co_await ada.visitor.get("/api/accounts/" + made->id.value);
  EXPECT_EQ(shown.status, 200);
  EXPECT_FALSE(shown.body.contains("secret-1"));
  EXPECT_EQ(base::text_at(body_of(shown), "/state"), "connected");
  // Moved to another row, the sealed text cannot be opened.
  co_await accounts.connect(ada.workspace, "nostr", identity({{"key", "other"}}));
  co_await database.execute("UPDATE accounts SET credentials = $1", {rows[0][0].text()});
  const db::Rows other =
      co_await database.execute("SELECT id FROM accounts WHERE network = 'nostr'");
  const auto moved = co_await accounts.open(other[0][0].id<base::AccountId>());
  EXPECT_EQ(moved.error().code, "credentials_unreadable");
}

TEST_P(AccountsTest, CredentialsAreSealedToTheirRow) { database_.run(secrets); }

io::Task<> reconnect(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Owner ada(world);
  co_await sign_up(&ada);
  Accounts& accounts = world.services.accounts;
  const auto first = co_await accounts.connect(ada.workspace, "mastodon",
                                               identity({{"access", "a1"}, {"refresh", "r1"}}));
  co_await accounts.mark_broken(first->id, "token\x01 revoked");
  EXPECT_EQ((co_await accounts.get(ada.workspace, first->id))->state, AccountState::broken);
  EXPECT_EQ((co_await accounts.get(ada.workspace, first->id))->state_reason, "token revoked");
  const auto again =
      co_await accounts.connect(ada.workspace, "mastodon", identity({{"access", "a2"}}));
  EXPECT_EQ(again->id, first->id);
  EXPECT_EQ(again->state, AccountState::connected);
  const json::object kept = (co_await accounts.open(first->id))->credentials;
  EXPECT_EQ(kept, (json::object{{"access", "a2"}, {"refresh", "r1"}}));
  co_await accounts.save(first->id, {{"access", "a3"}, {"refresh", ""}});
  const json::object saved = (co_await accounts.open(first->id))->credentials;
  EXPECT_EQ(saved, (json::object{{"access", "a3"}, {"refresh", "r1"}}));
}

TEST_P(AccountsTest, ARefreshTokenIsNeverOverwrittenWithNothing) { database_.run(reconnect); }

io::Task<> save_one(Accounts* accounts, base::AccountId id, int number, int* done,
                    io::Event* ended) {
  json::object part;
  part[std::to_string(number)] = number;
  co_await accounts->save(id, part);
  ++*done;
  ended->notify();
}

io::Task<> save_together(db::Database& database) {
  const io::Executor executor = co_await asio::this_coro::executor;
  World world(executor, database);
  Owner ada(world);
  co_await sign_up(&ada);
  Accounts& accounts = world.services.accounts;
  const auto made = co_await accounts.connect(ada.workspace, "mastodon", identity({{"a", "b"}}));
  io::Event ended(executor);
  int done = 0;
  for (int i = 0; i < 8; ++i) {
    asio::co_spawn(executor, save_one(&accounts, made->id, i, &done, &ended), asio::detached);
  }
  while (done < 8) co_await ended.wait();
  EXPECT_EQ((co_await accounts.open(made->id))->credentials.size(), 9U) << "no save is lost";
}

TEST_P(AccountsTest, SavesAtTheSameTimeAllCount) { database_.run(save_together); }

io::Task<> note_disconnect(std::vector<std::string>* seen, db::Session* session,
                           base::AccountId id) {
  const db::Rows rows =
      co_await session->execute("SELECT credentials FROM accounts WHERE id = $1", {id});
  seen->push_back(rows[0][0].text());
}

io::Task<> disconnect(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Owner ada(world);
  co_await sign_up(&ada);
  Accounts& accounts = world.services.accounts;
  std::vector<std::string> seen;
  accounts.on_disconnect([&seen](db::Session& session, base::AccountId id) {
    return note_disconnect(&seen, &session, std::move(id));
  });
  const auto made = co_await accounts.connect(ada.workspace, "mastodon", identity({{"a", "b"}}));
  const std::string path = "/api/accounts/" + made->id.value;
  EXPECT_EQ((co_await ada.visitor.send("DELETE", path)).status, 204);
  EXPECT_EQ(seen, std::vector<std::string>{""}) << "erased, and told in the same transaction";
  EXPECT_EQ((co_await ada.visitor.get(path)).status, 404);
  EXPECT_EQ((co_await ada.visitor.send("DELETE", path)).status, 404);
  EXPECT_TRUE((co_await accounts.list(ada.workspace)).empty());
  co_await accounts.save(made->id, {{"a", "late"}});
  EXPECT_FALSE(co_await accounts.open(made->id));
  const auto again = co_await accounts.connect(ada.workspace, "mastodon", identity({{"c", "d"}}));
  EXPECT_EQ(again->id, made->id);
  EXPECT_EQ((co_await accounts.open(made->id))->credentials, (json::object{{"c", "d"}}));
}

TEST_P(AccountsTest, DisconnectingErasesCredentials) { database_.run(disconnect); }

io::Task<> tenants(db::Database& database) {
  World world(co_await asio::this_coro::executor, database, {.registration = "open"});
  Owner ada(world);
  co_await sign_up(&ada);
  const auto made =
      co_await world.services.accounts.connect(ada.workspace, "mastodon", identity({{"a", "b"}}));
  Visitor eve(world);
  co_await eve.register_as("eve@example.org");
  const std::string path = "/api/accounts/" + made->id.value;
  EXPECT_EQ((co_await eve.get(path)).status, 404);
  EXPECT_EQ((co_await eve.send("DELETE", path)).status, 404);
  EXPECT_EQ((co_await eve.send("PATCH", path, json::object{{"paused", true}})).status, 404);
  EXPECT_EQ((co_await eve.post(path + "/test")).status, 404);
  EXPECT_TRUE(body_of(co_await eve.get("/api/accounts")).at("items").as_array().empty());
}

TEST_P(AccountsTest, NothingCrossesAWorkspace) { database_.run(tenants); }

io::Task<> pause(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Owner ada(world);
  co_await sign_up(&ada);
  Accounts& accounts = world.services.accounts;
  const auto made = co_await accounts.connect(ada.workspace, "mastodon", identity({{"a", "b"}}));
  const std::string path = "/api/accounts/" + made->id.value;
  const http::Response paused =
      co_await ada.visitor.send("PATCH", path, json::object{{"paused", true}});
  EXPECT_EQ(base::text_at(body_of(paused), "/state"), "paused");
  co_await accounts.mark_broken(made->id, "revoked");
  co_await accounts.mark_checked(made->id, {.ok = true, .broken = false, .message = ""});
  EXPECT_EQ((co_await accounts.get(ada.workspace, made->id))->state, AccountState::paused)
      << "only a person resumes";
  co_await ada.visitor.send("PATCH", path, json::object{{"paused", false}});
  EXPECT_EQ((co_await accounts.get(ada.workspace, made->id))->state, AccountState::connected);
  EXPECT_EQ((co_await ada.visitor.send("PATCH", path, json::object{{"paused", 1}})).status, 422);
  EXPECT_EQ((co_await ada.visitor.send("PATCH", path, json::object{})).status, 422);
}

TEST_P(AccountsTest, PauseIsAPersonsWord) { database_.run(pause); }

io::Task<> connect_by_route(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Owner ada(world);
  co_await sign_up(&ada);
  const json::value networks = body_of(co_await ada.visitor.get("/api/networks"));
  EXPECT_EQ(networks.at("items").as_array().size(), networks::all().size());
  const json::object unknown{{"network", "myspace"}, {"settings", json::object{}}};
  EXPECT_EQ((co_await ada.visitor.post("/api/accounts", unknown)).status, 422);
  const json::object empty{{"network", "mastodon"}, {"settings", json::object{}}};
  const http::Response refused = co_await ada.visitor.post("/api/accounts", empty);
  EXPECT_EQ(refused.status, 422);
  EXPECT_TRUE(base::text_at(body_of(refused), "/errors/0/field").starts_with("settings."))
      << refused.body;
}

TEST_P(AccountsTest, ConnectingNamesTheWrongField) { database_.run(connect_by_route); }

io::Task<> checks(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Owner ada(world);
  co_await sign_up(&ada);
  Accounts& accounts = world.services.accounts;
  const auto made = co_await accounts.connect(
      ada.workspace, "mastodon",
      identity({{"access_token", "t"}, {"server", "https://social.example"}}));
  jobs::Queue queue(database, world.clock, "test");
  Housekeeping housekeeping(world.services, queue);
  housekeeping.handle();
  co_await housekeeping.schedule();
  co_await housekeeping.schedule();
  EXPECT_EQ(co_await queue.run_due(), 0U) << "not yet";
  http::ClientResponse unauthorized{.status = 401, .body = "{\"error\":\"revoked\"}"};
  unauthorized.headers.set("Content-Type", "application/json");
  world.client.answers = {unauthorized, unauthorized};
  world.clock.advance(5min);
  EXPECT_EQ(co_await queue.run_due(), 2U) << "one turn, queued once, and the check of the account";
  const auto broken = co_await accounts.get(ada.workspace, made->id);
  EXPECT_EQ(broken->state, AccountState::broken) << broken->state_reason;
  EXPECT_EQ(broken->checked_at, world.clock.now());
  const db::Rows next = co_await database.execute("SELECT check_at FROM accounts");
  const base::Duration wait = next[0][0].instant() - world.clock.now();
  EXPECT_GE(wait, 4h + 30min);
  EXPECT_LE(wait, 7h + 30min);
  world.clock.advance(5min);
  EXPECT_EQ(co_await queue.run_due(), 1U) << "the chain goes on, no account is due";
}

TEST_P(AccountsTest, AreCheckedNowAndThen) { database_.run(checks); }

io::Task<> network_away(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Owner ada(world);
  co_await sign_up(&ada);
  Accounts& accounts = world.services.accounts;
  const auto made = co_await accounts.connect(
      ada.workspace, "mastodon",
      identity({{"access_token", "t"}, {"server", "https://social.example"}}));
  const http::Response tested =
      co_await ada.visitor.post("/api/accounts/" + made->id.value + "/test");
  EXPECT_EQ(tested.status, 200) << tested.body;
  EXPECT_FALSE(base::boolean_at(body_of(tested), "/ok", true));
  EXPECT_FALSE(base::boolean_at(body_of(tested), "/broken", true));
  EXPECT_EQ((co_await accounts.get(ada.workspace, made->id))->state, AccountState::connected)
      << "a network that is away breaks no account";
}

TEST_P(AccountsTest, ANetworkThatIsAwayBreaksNothing) { database_.run(network_away); }

}  // namespace
}  // namespace accounts
