// Two processes on one database: who loses rights at one, and when the other knows.
#include "accounts/test_world.h"
#include "db/testing.h"

#include <gtest/gtest.h>

namespace accounts {
namespace {

using namespace std::chrono_literals;

class PrincipalsTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, PrincipalsTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

struct TwoProcesses {
  TwoProcesses(const io::Executor& executor, db::Database& database)
      : here(executor, database, {}, key), there(executor, database, {}, key), ada(here) {}

  // A token of Ada, which both processes have just seen.
  io::Task<> begin() {
    co_await ada.register_as("ada@example.org");
    made = body_of(co_await ada.post("/api/tokens", json::object{{"name", "script"}}));
    EXPECT_EQ(co_await status_at(here), 200);
    EXPECT_EQ(co_await status_at(there), 200);
  }
  io::Task<int> status_at(World& world) {
    Visitor script(world);
    script.bearer = base::text_at(made, "/token");
    co_return (co_await script.get("/api/user")).status;
  }
  io::Task<> revoke() {
    EXPECT_EQ((co_await ada.send("DELETE", "/api/tokens/" + base::text_at(made, "/id"))).status,
              204);
  }

  const std::string key = base::Vault::make_key();
  World here;
  World there;
  Visitor ada;
  json::value made;
};

io::Task<> told(db::Database& database) {
  TwoProcesses two(co_await asio::this_coro::executor, database);
  two.here.services.principals.on_change([&] { two.there.services.principals.forget(); });
  co_await two.begin();
  co_await two.revoke();
  EXPECT_EQ(co_await two.status_at(two.here), 401);
  EXPECT_EQ(co_await two.status_at(two.there), 401);
}

TEST_P(PrincipalsTest, ARevocationCountsAtOnceWhereItIsHeard) { database_.run(told); }

io::Task<> not_told(db::Database& database) {
  TwoProcesses two(co_await asio::this_coro::executor, database);
  co_await two.begin();
  co_await two.revoke();
  EXPECT_EQ(co_await two.status_at(two.here), 401);
  two.there.clock.advance(Principals::keep);
  EXPECT_EQ(co_await two.status_at(two.there), 401);
}

TEST_P(PrincipalsTest, ARevocationCountsWithinASecondWhereItIsNot) { database_.run(not_told); }

io::Task<> remembered(db::Database& database) {
  TwoProcesses two(co_await asio::this_coro::executor, database);
  co_await two.begin();
  co_await database.execute("DELETE FROM personal_tokens");  // behind everybody's back
  EXPECT_EQ(co_await two.status_at(two.here), 200) << "the database was not asked";
  two.here.clock.advance(Principals::keep);
  EXPECT_EQ(co_await two.status_at(two.here), 401);
  co_await two.ada.post("/api/tokens", json::object{{"name", "another"}});
  EXPECT_EQ(co_await two.status_at(two.here), 401);
}

TEST_P(PrincipalsTest, AreRememberedForASecond) { database_.run(remembered); }

io::Task<> only_of_those_with_rights(db::Database& database) {
  TwoProcesses two(co_await asio::this_coro::executor, database);
  int changes = 0;
  two.here.services.principals.on_change([&] { ++changes; });
  Visitor stranger(two.here);
  stranger.bearer = "st_nobody";
  for (const char* path : {"/api/logout", "/api/tokens", "/api/workspaces/x/enter"}) {
    EXPECT_EQ((co_await stranger.post(path)).status, 401);
  }
  EXPECT_EQ(changes, 0) << "a stranger cannot make all processes forget";
  co_await two.begin();
  const int before = changes;
  co_await two.ada.send("PATCH", "/api/user", json::object{{"name", "A"}});
  EXPECT_EQ(changes, before + 1);
  co_await two.ada.get("/api/user");
  EXPECT_EQ(changes, before + 1);
}

TEST_P(PrincipalsTest, AreForgottenForChangesOfPeopleWithRightsAlone) {
  database_.run(only_of_those_with_rights);
}

}  // namespace
}  // namespace accounts
