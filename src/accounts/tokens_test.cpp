#include "accounts/tokens.h"

#include "accounts/test_world.h"
#include "db/testing.h"

#include <gtest/gtest.h>

namespace accounts {
namespace {

using namespace std::chrono_literals;

class TokensTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, TokensTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

io::Task<> life_of_a_token(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  const http::Response made = co_await ada.post("/api/tokens", json::object{{"name", "script"}});
  EXPECT_EQ(made.status, 201) << made.body;
  Visitor script(world);
  script.bearer = base::text_at(body_of(made), "/token");
  EXPECT_TRUE(script.bearer.starts_with("st_"));
  const json::value user = body_of(co_await script.get("/api/user"));
  EXPECT_EQ(base::text_at(user, "/role"), "owner");
  EXPECT_TRUE(base::find(user, "/csrf_token")->is_null());
  EXPECT_EQ((co_await script.send("PATCH", "/api/user", json::object{{"name", "A"}})).status, 200)
      << "a token needs no CSRF token";
  const json::value list = body_of(co_await ada.get("/api/tokens"));
  EXPECT_EQ(base::text_at(list, "/items/0/last_used_at"), "2026-11-23T09:00:00Z");
  EXPECT_EQ(base::find(list, "/items/0/token"), nullptr);
  const db::Rows rows = co_await database.execute("SELECT hash FROM personal_tokens");
  EXPECT_EQ(rows[0][0].text(), base::token_hash(script.bearer));
  const std::string path = "/api/tokens/" + base::text_at(list, "/items/0/id");
  EXPECT_EQ((co_await ada.send("DELETE", path)).status, 204);
  EXPECT_EQ((co_await ada.send("DELETE", path)).status, 404);
  const http::Response refused = co_await script.get("/api/user");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(code_of(refused), "invalid_token");
}

TEST_P(TokensTest, IsMadeUsedAndRevoked) { database_.run(life_of_a_token); }

io::Task<> use_is_noted(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  Visitor script(world);
  script.bearer = base::text_at(
      body_of(co_await ada.post("/api/tokens", json::object{{"name", "s"}})), "/token");
  co_await script.get("/api/user");
  for (const auto& [step, noted] :
       {std::pair{59s, "2026-11-23T09:00:00Z"}, {1s, "2026-11-23T09:01:00Z"}}) {
    world.clock.advance(step);
    co_await script.get("/api/user");
    const json::value list = body_of(co_await ada.get("/api/tokens"));
    EXPECT_EQ(base::text_at(list, "/items/0/last_used_at"), noted);
  }
}

TEST_P(TokensTest, UseIsNotedOnceAMinute) { database_.run(use_is_noted); }

io::Task<> expires(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  const json::object past{{"name", "s"}, {"expires_at", "2026-11-23T08:59:59Z"}};
  EXPECT_EQ((co_await ada.post("/api/tokens", past)).status, 422);
  const json::object soon{{"name", "s"}, {"expires_at", "2026-11-23T10:00:00+00:00"}};
  Visitor script(world);
  script.bearer = base::text_at(body_of(co_await ada.post("/api/tokens", soon)), "/token");
  EXPECT_EQ((co_await script.get("/api/user")).status, 200);
  world.clock.advance(1h);
  EXPECT_EQ((co_await script.get("/api/user")).status, 401);
}

TEST_P(TokensTest, RunsOut) { database_.run(expires); }

io::Task<> bounded(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  for (int i = 0; i < Tokens::per_person_max; ++i) {
    EXPECT_EQ((co_await ada.post("/api/tokens", json::object{{"name", "s"}})).status, 201);
  }
  EXPECT_EQ((co_await ada.post("/api/tokens", json::object{{"name", "s"}})).status, 409);
}

TEST_P(TokensTest, ArePerPersonBounded) { database_.run(bounded); }

io::Task<http::Response> alive(http::Request) { co_return http::text_response("ok"); }

io::Task<> probes_ask_nobody(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  world.router.get("/api/health/live", alive);
  co_await database.execute("ALTER TABLE personal_tokens RENAME TO away");
  Visitor script(world);
  script.bearer = std::string(Tokens::prefix) + "anything";
  EXPECT_EQ((co_await script.get("/api/health/live")).status, 200);
  EXPECT_ANY_THROW(co_await script.get("/api/user")) << "what needs somebody asks the database";
}

TEST_P(TokensTest, ProbesAnswerWithoutThem) { database_.run(probes_ask_nobody); }

io::Task<http::Response> ask_for_token(World* world, std::string form) {
  http::Request request;
  request.method = "POST";
  request.target = request.path = "/automation/token";
  request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = std::move(form);
  request.remote_address = "192.0.2.9";
  return world->ask(std::move(request));
}

io::Task<> password_grant(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  const http::Response granted = co_await ask_for_token(
      &world, "grant_type=password&username=ada%40example.org&password=correct+horse+battery");
  EXPECT_EQ(granted.status, 200) << granted.body;
  EXPECT_EQ(base::integer_at(body_of(granted), "/expires_in"), 1800);
  Visitor script(world);
  script.bearer = base::text_at(body_of(granted), "/access_token");
  EXPECT_EQ((co_await script.get("/api/user")).status, 200);
  world.clock.advance(30min);
  EXPECT_EQ((co_await script.get("/api/user")).status, 401);

  const http::Response wrong =
      co_await ask_for_token(&world, "grant_type=password&username=ada%40example.org&password=no");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(base::text_at(body_of(wrong), "/error"), "invalid_grant");
  const http::Response other =
      co_await ask_for_token(&world, "grant_type=implicit&username=a&password=b");
  EXPECT_EQ(base::text_at(body_of(other), "/error"), "unsupported_grant_type");
  EXPECT_EQ((co_await ask_for_token(&world, "")).status, 400);
}

TEST_P(TokensTest, PasswordGrantGivesAShortLivedToken) { database_.run(password_grant); }

io::Task<> password_ends_tokens(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  Visitor script(world);
  script.bearer =
      base::text_at(body_of(co_await ask_for_token(
                        &world, "username=ada%40example.org&password=correct+horse+battery")),
                    "/access_token");
  EXPECT_EQ((co_await script.get("/api/user")).status, 200);
  co_await ada.send(
      "PATCH", "/api/user",
      json::object{{"password", "a better one 2"}, {"current_password", Visitor::password_of_all}});
  EXPECT_EQ((co_await script.get("/api/user")).status, 401);
}

TEST_P(TokensTest, ANewPasswordEndsAccessTokens) { database_.run(password_ends_tokens); }

io::Task<> nonsense(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor eve(world);
  for (const std::string& bearer : {std::string("st_"), std::string("x"), std::string("a.b.c"),
                                    std::string(100'000, 'a'), std::string("st_' OR 1=1 --")}) {
    eve.bearer = bearer;
    EXPECT_EQ((co_await eve.get("/api/user")).status, 401);
    EXPECT_EQ((co_await eve.get("/api/setup")).status, 200) << "public paths stay open";
  }
}

TEST_P(TokensTest, NonsenseIsRefused) { database_.run(nonsense); }

}  // namespace
}  // namespace accounts
