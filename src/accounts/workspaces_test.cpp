#include "accounts/workspaces.h"

#include "accounts/test_world.h"
#include "db/testing.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

namespace accounts {
namespace {

using namespace std::chrono_literals;

class WorkspacesTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, WorkspacesTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

io::Task<std::string> workspace_path(Visitor* visitor) {
  const json::value user = body_of(co_await visitor->get("/api/user"));
  co_return "/api/workspaces/" + base::text_at(user, "/workspace/id");
}

io::Task<std::string> id_of(Visitor* visitor) {
  co_return base::text_at(body_of(co_await visitor->get("/api/user")), "/id");
}

io::Task<std::string> invite(Visitor* visitor, std::string role) {
  const http::Response made = co_await visitor->post(
      co_await workspace_path(visitor) + "/invitations", json::object{{"role", role}});
  EXPECT_EQ(made.status, 201) << made.body;
  const std::string token = base::text_at(body_of(made), "/token");
  EXPECT_EQ(base::text_at(body_of(made), "/url"),
            "https://social.example/register?invitation=" + token);
  co_return token;
}

io::Task<> invitations(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  const std::string token = co_await invite(&ada, "editor");
  Visitor bob(world);
  EXPECT_EQ((co_await bob.register_as("bob@example.org", token)).status, 201);
  EXPECT_EQ(base::text_at(body_of(co_await bob.get("/api/user")), "/role"), "editor");
  EXPECT_EQ(co_await workspace_path(&bob), co_await workspace_path(&ada));
  Visitor eve(world);
  EXPECT_EQ((co_await eve.register_as("eve@example.org", token)).status, 422) << "works once";
  const json::value members = body_of(co_await ada.get(co_await workspace_path(&ada) + "/members"));
  EXPECT_EQ(members.at("items").as_array().size(), 2U) << json::serialize(members);
  const std::string late = co_await invite(&ada, "viewer");
  world.clock.advance(std::chrono::days(7));
  EXPECT_EQ((co_await eve.register_as("eve@example.org", late)).status, 422) << "out of date";
}

TEST_P(WorkspacesTest, InvitationsWorkOnceAndRunOut) { database_.run(invitations); }

io::Task<> roles(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  const std::string path = co_await workspace_path(&ada);
  Visitor admin(world);
  co_await admin.register_as("admin@example.org", co_await invite(&ada, "admin"));
  Visitor viewer(world);
  co_await viewer.register_as("viewer@example.org", co_await invite(&ada, "viewer"));
  const json::object owner{{"role", "owner"}};
  EXPECT_EQ((co_await admin.post(path + "/invitations", owner)).status, 403)
      << "nobody gives more than they have";
  EXPECT_EQ((co_await viewer.post(path + "/invitations", json::object{{"role", "viewer"}})).status,
            403);
  EXPECT_EQ((co_await viewer.send("PATCH", path, json::object{{"name", "x"}})).status, 403);
  EXPECT_EQ((co_await admin.send("PATCH", path,
                                 json::object{{"name", " Team "}, {"approval_required", true}}))
                .status,
            200);
  const json::value user = body_of(co_await viewer.get("/api/user"));
  EXPECT_EQ(base::text_at(user, "/workspace/name"), "Team");
  EXPECT_TRUE(base::boolean_at(user, "/workspace/approval_required"));
  EXPECT_EQ((co_await admin.send("PATCH", path, json::object{{"time_zone", "Nowhere"}})).status,
            422);
  const std::string viewer_path = path + "/members/" + co_await id_of(&viewer);
  EXPECT_EQ((co_await admin.send("PATCH", viewer_path, owner)).status, 403);
  EXPECT_EQ((co_await ada.send("PATCH", viewer_path, json::object{{"role", "editor"}})).status,
            204);
  EXPECT_EQ(base::text_at(body_of(co_await viewer.get("/api/user")), "/role"), "editor");
  EXPECT_EQ((co_await ada.send("PATCH", path + "/members/nobody", owner)).status, 404);
}

TEST_P(WorkspacesTest, RolesDecide) { database_.run(roles); }

io::Task<> last_owner(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  const std::string me = co_await workspace_path(&ada) + "/members/" + co_await id_of(&ada);
  EXPECT_EQ((co_await ada.send("PATCH", me, json::object{{"role", "viewer"}})).status, 409);
  EXPECT_EQ((co_await ada.send("DELETE", me)).status, 409);
  EXPECT_EQ(base::text_at(body_of(co_await ada.get("/api/user")), "/role"), "owner");
}

TEST_P(WorkspacesTest, TheLastOwnerStays) { database_.run(last_owner); }

io::Task<> demote(Workspaces* workspaces, base::WorkspaceId id, base::UserId user,
                  std::vector<bool>* results, io::Event* ended) {
  results->push_back(
      (co_await workspaces->set_role({.user = user, .workspace = id}, user, Role::viewer))
          .has_value());
  ended->notify();
}

io::Task<> two_owners(db::Database& database) {
  const io::Executor executor = co_await asio::this_coro::executor;
  World world(executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  Visitor bob(world);
  co_await bob.register_as("bob@example.org", co_await invite(&ada, "owner"));
  const std::string path = co_await workspace_path(&ada);
  const base::WorkspaceId id{path.substr(path.rfind('/') + 1)};
  std::vector<bool> results;
  io::Event ended(executor);
  Workspaces& workspaces = world.services.workspaces;
  const base::UserId first{co_await id_of(&ada)};
  const base::UserId second{co_await id_of(&bob)};
  asio::co_spawn(executor, demote(&workspaces, id, first, &results, &ended), asio::detached);
  asio::co_spawn(executor, demote(&workspaces, id, second, &results, &ended), asio::detached);
  while (results.size() < 2) co_await ended.wait();
  EXPECT_EQ(std::ranges::count(results, true), 1);
}

TEST_P(WorkspacesTest, TwoOwnersCannotDemoteEachOther) { database_.run(two_owners); }

io::Task<> removal(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  Visitor bob(world);
  co_await bob.register_as("bob@example.org", co_await invite(&ada, "admin"));
  Visitor script(world);
  script.bearer = base::text_at(
      body_of(co_await bob.post("/api/tokens", json::object{{"name", "s"}})), "/token");
  EXPECT_EQ((co_await script.get("/api/user")).status, 200);
  const std::string path = co_await workspace_path(&ada) + "/members/";
  const std::string ada_path = path + co_await id_of(&ada);
  EXPECT_EQ((co_await bob.send("DELETE", ada_path)).status, 403);
  const std::string bob_path = path + co_await id_of(&bob);
  EXPECT_EQ((co_await bob.send("DELETE", bob_path)).status, 204) << "everybody may leave";
  EXPECT_EQ((co_await bob.get("/api/user")).status, 401);
  EXPECT_EQ((co_await script.get("/api/user")).status, 401);
  EXPECT_EQ((co_await bob.login("bob@example.org")).status, 403) << "in no workspace any more";
}

TEST_P(WorkspacesTest, WhoIsRemovedLosesSessionsAndTokens) { database_.run(removal); }

io::Task<> several(db::Database& database) {
  World world(co_await asio::this_coro::executor, database, {.registration = "open"});
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  Visitor bob(world);
  co_await bob.register_as("bob@example.org");
  const std::string foreign = co_await workspace_path(&ada);
  EXPECT_EQ((co_await bob.get(foreign + "/members")).status, 404) << "nothing crosses a workspace";
  EXPECT_EQ((co_await bob.post(foreign + "/enter")).status, 404);
  const std::string token = co_await invite(&ada, "viewer");
  EXPECT_EQ(
      (co_await bob.post("/api/invitations/accept", json::object{{"invitation", token}})).status,
      200);
  EXPECT_EQ(
      (co_await bob.post("/api/invitations/accept", json::object{{"invitation", token}})).status,
      422);
  EXPECT_EQ(body_of(co_await bob.get("/api/workspaces")).at("items").as_array().size(), 2U);
  EXPECT_EQ((co_await bob.get(foreign + "/members")).status, 404) << "not entered yet";
  EXPECT_EQ((co_await bob.post(foreign + "/enter")).status, 200);
  EXPECT_EQ((co_await bob.get(foreign + "/members")).status, 200);
  EXPECT_EQ(base::text_at(body_of(co_await bob.get("/api/user")), "/role"), "viewer");
}

TEST_P(WorkspacesTest, APersonCanBeInSeveral) { database_.run(several); }

}  // namespace
}  // namespace accounts
