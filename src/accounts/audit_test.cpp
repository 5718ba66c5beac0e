#include "accounts/audit.h"

#include "accounts/housekeeping.h"
#include "accounts/test_world.h"
#include "db/testing.h"
#include "jobs/queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace accounts {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class AuditTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, AuditTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

io::Task<std::string> workspace_path(Visitor* visitor) {
  const json::value user = body_of(co_await visitor->get("/api/user"));
  co_return "/api/workspaces/" + base::text_at(user, "/workspace/id");
}

std::vector<std::string> actions(const http::Response& response) {
  std::vector<std::string> found;
  for (const json::value& item : body_of(response).at("items").as_array()) {
    found.push_back(base::text_at(item, "/action"));
  }
  return found;
}

io::Task<> trail(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  const std::string path = co_await workspace_path(&ada);
  const http::Response made =
      co_await ada.post(path + "/invitations", json::object{{"role", "approver"}});
  Visitor bob(world);
  co_await bob.register_as("bob@example.org", base::text_at(body_of(made), "/token"));
  const json::value user = body_of(co_await bob.get("/api/user"));
  EXPECT_EQ(base::text_at(user, "/role"), "approver");
  const std::string member = path + "/members/" + base::text_at(user, "/id");
  co_await ada.send("PATCH", member, json::object{{"role", "admin"}});
  co_await ada.send("PATCH", path,
                    json::object{{"approval_required", true}, {"self_approval", false}});
  co_await ada.send("PATCH", path, json::object{{"approval_required", true}});
  co_await ada.send("PATCH", path, json::object{{"paused", true}});
  const http::Response token = co_await ada.post("/api/tokens", json::object{{"name", "script"}});
  const std::string secret = base::text_at(body_of(token), "/token");
  co_await ada.send("DELETE", member);

  const http::Response all = co_await ada.get("/api/audit");
  EXPECT_THAT(actions(all), ElementsAre("member.removed", "token.made", "workspace.paused",
                                        "workspace.changed", "workspace.changed",
                                        "member.role_changed", "member.joined", "invitation.made"));
  EXPECT_THAT(all.body, Not(HasSubstr(secret)));
  const http::Response first = co_await ada.get("/api/audit?limit=3");
  const std::string cursor = base::text_at(body_of(first), "/next_cursor");
  EXPECT_EQ(actions(first).size(), 3U);
  EXPECT_EQ(actions(co_await ada.get("/api/audit?cursor=" + cursor)).size(), 5U);
  EXPECT_THAT(actions(co_await ada.get("/api/audit?action=member.")),
              ElementsAre("member.removed", "member.role_changed", "member.joined"));
  EXPECT_EQ((co_await ada.get("/api/audit?limit=0&from=x")).status, 422);
  const json::value changed = body_of(co_await ada.get("/api/audit?action=member.role_changed"));
  EXPECT_EQ(base::text_at(changed, "/items/0/before"), "approver");
  EXPECT_EQ(base::text_at(changed, "/items/0/after"), "admin");
  EXPECT_EQ(base::text_at(changed, "/items/0/actor"), "ada");
}

TEST_P(AuditTest, TellsWhoDidWhat) { database_.run(trail); }

io::Task<> rights(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  const std::string path = co_await workspace_path(&ada);
  const http::Response made =
      co_await ada.post(path + "/invitations", json::object{{"role", "approver"}});
  Visitor bob(world);
  co_await bob.register_as("bob@example.org", base::text_at(body_of(made), "/token"));
  EXPECT_EQ((co_await bob.get("/api/audit")).status, 403);
  EXPECT_EQ((co_await bob.get(path + "/invitations")).status, 403);
  EXPECT_EQ((co_await bob.send("PATCH", path, json::object{{"paused", true}})).status, 403);
}

TEST_P(AuditTest, IsForAdmins) { database_.run(rights); }

io::Task<> invitations(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  const std::string path = co_await workspace_path(&ada) + "/invitations";
  const json::value made = body_of(co_await ada.post(path, json::object{{"role", "editor"}}));
  const http::Response open = co_await ada.get(path);
  const json::value listed = body_of(open);
  EXPECT_EQ(listed.at("items").as_array().size(), 1U);
  EXPECT_EQ(base::text_at(listed, "/items/0/role"), "editor");
  EXPECT_EQ(base::text_at(listed, "/items/0/invited_by"), "ada");
  const std::string id = base::text_at(listed, "/items/0/id");
  EXPECT_EQ(id, base::text_at(made, "/id"));
  const std::string token = base::text_at(made, "/token");
  EXPECT_THAT(open.body, Not(HasSubstr(token)));
  EXPECT_EQ((co_await ada.send("DELETE", path + "/nothing")).status, 404);
  EXPECT_EQ((co_await ada.send("DELETE", path + "/" + id)).status, 204);
  EXPECT_EQ((co_await ada.send("DELETE", path + "/" + id)).status, 404);
  EXPECT_EQ(body_of(co_await ada.get(path)).at("items").as_array().size(), 0U);
  Visitor eve(world);
  EXPECT_EQ((co_await eve.register_as("eve@example.org", token)).status, 422);
}

TEST_P(AuditTest, InvitationsAreListedAndRevoked) { database_.run(invitations); }

io::Task<> pruning(db::Database& database) {
  World world(co_await asio::this_coro::executor, database, {.audit_keep = std::chrono::days(30)});
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  co_await ada.post("/api/tokens", json::object{{"name", "old"}});
  world.clock.advance(std::chrono::days(20));
  co_await append_audit(database, world.clock.now(), {.action = "young"});
  jobs::Queue queue(database, world.clock, "test");
  Housekeeping housekeeping(world.services, queue);
  housekeeping.handle();
  co_await housekeeping.schedule();
  world.clock.advance(std::chrono::days(11));
  co_await queue.run_due();
  const db::Rows left = co_await database.execute("SELECT action FROM audit");
  EXPECT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0][0].text(), "young");
}

TEST_P(AuditTest, IsPrunedByAge) { database_.run(pruning); }

io::Task<> paused_workspace(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  const std::string path = co_await workspace_path(&ada);
  const base::WorkspaceId workspace{path.substr(path.rfind('/') + 1)};
  Accounts& accounts = world.services.accounts;
  const auto one =
      co_await accounts.connect(workspace, "mastodon", {.remote_id = "1", .handle = "@1"});
  const auto two =
      co_await accounts.connect(workspace, "mastodon", {.remote_id = "2", .handle = "@2"});
  co_await accounts.mark_broken(two->id, "revoked");
  const http::Response paused = co_await ada.send("PATCH", path, json::object{{"paused", true}});
  EXPECT_TRUE(base::boolean_at(body_of(paused), "/paused"));
  const auto held = co_await accounts.get(workspace, one->id);
  EXPECT_EQ(held->state, AccountState::paused);
  EXPECT_THAT(held->state_reason, HasSubstr("workspace is paused"));
  EXPECT_EQ((co_await accounts.get(workspace, two->id))->state, AccountState::broken);
  co_await ada.send("PATCH", path, json::object{{"paused", false}});
  EXPECT_EQ((co_await accounts.get(workspace, one->id))->state, AccountState::connected);
}

TEST_P(AuditTest, APausedWorkspacePausesItsConnectedAccounts) { database_.run(paused_workspace); }

}  // namespace
}  // namespace accounts
