#include "accounts/people.h"

#include "accounts/test_world.h"
#include "base/text.h"
#include "db/testing.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

namespace accounts {
namespace {

using namespace std::chrono_literals;

class PeopleTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, PeopleTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

io::Task<> first_run(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  EXPECT_TRUE(base::boolean_at(body_of(co_await ada.get("/api/setup")), "/needs_owner"));
  const http::Response registered = co_await ada.register_as("ada@example.org");
  EXPECT_EQ(registered.status, 201) << registered.body;
  const std::string_view cookie = registered.headers.get("Set-Cookie");
  for (const std::string_view part : {"HttpOnly", "SameSite=Lax", "Secure", "Path=/"}) {
    EXPECT_TRUE(cookie.contains(part)) << cookie;
  }
  EXPECT_EQ(registered.headers.get("Cache-Control"), "no-store");
  const json::value user = body_of(co_await ada.get("/api/user"));
  EXPECT_EQ(base::text_at(user, "/role"), "owner");
  EXPECT_EQ(base::text_at(user, "/email"), "ada@example.org");
  EXPECT_EQ(base::text_at(user, "/workspace/time_zone"), "Europe/Paris");
  EXPECT_FALSE(base::boolean_at(body_of(co_await ada.get("/api/setup")), "/needs_owner", true));
  Visitor eve(world);
  const http::Response refused = co_await eve.register_as("eve@example.org");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(code_of(refused), "registration_closed");
}

TEST_P(PeopleTest, TheFirstPersonOwnsTheRestNeedAnInvitation) { database_.run(first_run); }

io::Task<> register_on(World* world, std::string email, std::vector<int>* statuses,
                       io::Event* ended) {
  Visitor visitor(*world);
  statuses->push_back((co_await visitor.register_as(email)).status);
  ended->notify();
}

// Two replicas, each with a pool of its own, and two first people at the same moment.
TEST_P(PeopleTest, OfTwoFirstPeopleOneBecomesTheOwner) {
  const db::TestDatabase& test = database_;
  const auto race = [](const db::TestDatabase* on, db::Database* first) -> io::Task<> {
    const io::Executor executor = co_await asio::this_coro::executor;
    const std::unique_ptr<db::Database> second = on->open(executor);
    World one(executor, *first);
    World two(executor, *second);
    io::Event ended(executor);
    std::vector<int> statuses;
    asio::co_spawn(executor, register_on(&one, "a@example.org", &statuses, &ended), asio::detached);
    asio::co_spawn(executor, register_on(&two, "b@example.org", &statuses, &ended), asio::detached);
    while (statuses.size() < 2) co_await ended.wait();
    std::ranges::sort(statuses);
    EXPECT_EQ(statuses, (std::vector<int>{201, 403}));
    const db::Rows users = co_await first->execute("SELECT COUNT(*) FROM users");
    EXPECT_EQ(users[0][0].integer(), 1);
    co_await second->close();
  };
  database_.run([&](db::Database& database) { return race(&test, &database); });
}

io::Task<> bad_registrations(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor visitor(world);
  const json::object good{
      {"name", "Ada"}, {"email", "ada@example.org"}, {"password", "0123456789"}};
  const std::vector<json::object> bad{json::object{{"name", "  "}},
                                      json::object{{"name", std::string(101, 'x')}},
                                      json::object{{"email", "no at sign"}},
                                      json::object{{"email", "a@b@c"}},
                                      json::object{{"email", "a b@c"}},
                                      json::object{{"email", "@x.example"}},
                                      json::object{{"password", "short"}},
                                      json::object{{"password", 12}},
                                      json::object{{"time_zone", "Mars/Olympus"}},
                                      json::object{{"invitation", "wrong"}},
                                      json::object{{"unknown", 1}}};
  for (const json::object& change : bad) {
    const std::string field(change.begin()->key());
    json::object body = good;
    body[field] = change.begin()->value();
    const http::Response response = co_await visitor.post("/api/register", body);
    EXPECT_EQ(response.status, 422) << field << response.body;
    EXPECT_EQ(base::text_at(body_of(response), "/errors/0/field"), field) << response.body;
  }
  EXPECT_EQ((co_await visitor.send("POST", "/api/register")).status, 415);
  EXPECT_TRUE(base::boolean_at(body_of(co_await visitor.get("/api/setup")), "/needs_owner"));
}

TEST_P(PeopleTest, BadRegistrationsNameTheField) { database_.run(bad_registrations); }

io::Task<> open_registration(db::Database& database) {
  World world(co_await asio::this_coro::executor, database, {.registration = "open"});
  Visitor ada(world);
  Visitor bob(world);
  co_await ada.register_as("ada@example.org");
  EXPECT_EQ((co_await bob.register_as("bob@example.org")).status, 201);
  const json::value user = body_of(co_await bob.get("/api/user"));
  EXPECT_EQ(base::text_at(user, "/role"), "owner");
  EXPECT_NE(base::text_at(user, "/workspace/id"),
            base::text_at(body_of(co_await ada.get("/api/user")), "/workspace/id"));
  Visitor twin(world);
  EXPECT_EQ((co_await twin.register_as("BOB@Example.org")).status, 409);
}

TEST_P(PeopleTest, OpenRegistrationGivesEverybodyAWorkspace) { database_.run(open_registration); }

io::Task<> sign_in_and_out(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  Visitor again(world);
  EXPECT_EQ((co_await again.login("Ada@Example.ORG")).status, 200);
  const std::string first_cookie = again.cookie;
  EXPECT_EQ((co_await again.login("ada@example.org")).status, 200);
  EXPECT_NE(again.cookie, first_cookie);
  Visitor old(world);
  old.cookie = first_cookie;
  EXPECT_EQ((co_await old.get("/api/user")).status, 401);
  EXPECT_EQ((co_await again.post("/api/logout")).status, 204);
  EXPECT_EQ(again.cookie, "");
  Visitor wrong(world);
  EXPECT_EQ((co_await wrong.login("ada@example.org", "wrong password")).status, 401);
  EXPECT_EQ((co_await wrong.login("nobody@example.org")).status, 401);
  EXPECT_EQ(wrong.cookie, "");
}

TEST_P(PeopleTest, SignInAndOut) { database_.run(sign_in_and_out); }

io::Task<> csrf(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  const std::string right = ada.csrf;
  for (const std::string& wrong : {std::string(), right.substr(1), right + "x"}) {
    ada.csrf = wrong;
    const http::Response refused = co_await ada.send("POST", "/api/logout", json::object{});
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(code_of(refused), "csrf");
    EXPECT_EQ((co_await ada.get("/api/workspaces")).status, 200);
  }
  Visitor bob(world);
  bob.cookie = ada.cookie;
  EXPECT_EQ((co_await bob.login("ada@example.org")).status, 200) << "sign-in needs no CSRF token";
  EXPECT_NE(bob.csrf, right) << "each session has its own";
}

TEST_P(PeopleTest, AChangeUnderACookieNeedsTheCsrfToken) { database_.run(csrf); }

io::Task<> expiry(db::Database& database) {
  World world(co_await asio::this_coro::executor, database,
              {.session_idle = 1h, .session_max = 3h});
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  for (int i = 0; i < 3; ++i) {
    world.clock.advance(50min);
    EXPECT_EQ((co_await ada.get("/api/user")).status, 200) << "in use";
  }
  world.clock.advance(31min);
  EXPECT_EQ((co_await ada.get("/api/user")).status, 401) << "too old";
  co_await ada.login("ada@example.org");
  world.clock.advance(61min);
  const http::Response idle = co_await ada.get("/api/user");
  EXPECT_EQ(idle.status, 401);
  EXPECT_EQ(code_of(idle), "session_ended");
  EXPECT_EQ(idle.headers.get("WWW-Authenticate"), "Bearer");
  co_await world.services.sessions.prune();
  const db::Rows left = co_await database.execute("SELECT COUNT(*) FROM sessions");
  EXPECT_EQ(left[0][0].integer(), 0);
}

TEST_P(PeopleTest, SessionsEndWhenIdleOrOld) { database_.run(expiry); }

io::Task<> hashed(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  const db::Rows sessions = co_await database.execute("SELECT hash FROM sessions");
  EXPECT_EQ(sessions[0][0].text(), base::token_hash(ada.cookie));
  const db::Rows users = co_await database.execute("SELECT password_hash FROM users");
  EXPECT_TRUE(users[0][0].text().starts_with("$argon2id$"));
}

TEST_P(PeopleTest, OnlyHashesAreStored) { database_.run(hashed); }

io::Task<> change_password(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor here(world);
  Visitor there(world);
  co_await here.register_as("ada@example.org");
  co_await there.login("ada@example.org");
  const json::object wish{{"password", "a better one 2"}, {"current_password", "not this one"}};
  EXPECT_EQ((co_await here.send("PATCH", "/api/user", wish)).status, 422);
  const http::Response changed = co_await here.send(
      "PATCH", "/api/user",
      json::object{{"password", "a better one 2"}, {"current_password", Visitor::password_of_all}});
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ((co_await here.get("/api/user")).status, 200);
  EXPECT_EQ((co_await there.get("/api/user")).status, 401);
  EXPECT_EQ((co_await there.login("ada@example.org")).status, 401);
  EXPECT_EQ((co_await there.login("ada@example.org", "a better one 2")).status, 200);
}

TEST_P(PeopleTest, ANewPasswordEndsOtherSessions) { database_.run(change_password); }

io::Task<> change_profile(db::Database& database) {
  World world(co_await asio::this_coro::executor, database, {.registration = "open"});
  Visitor ada(world);
  Visitor bob(world);
  co_await ada.register_as("ada@example.org");
  co_await bob.register_as("bob@example.org");
  EXPECT_EQ((co_await ada.send("PATCH", "/api/user", json::object{{"name", "Ada L."}})).status,
            200);
  EXPECT_EQ(
      (co_await ada.send("PATCH", "/api/user", json::object{{"email", "c@example.org"}})).status,
      422)
      << "the e-mail needs the password";
  const std::string proof = Visitor::password_of_all;
  const json::object taken{{"email", "Bob@example.org"}, {"current_password", proof}};
  EXPECT_EQ((co_await ada.send("PATCH", "/api/user", taken)).status, 409);
  const json::object free{{"email", "countess@example.org"}, {"current_password", proof}};
  const http::Response changed = co_await ada.send("PATCH", "/api/user", free);
  EXPECT_EQ(base::text_at(body_of(changed), "/email"), "countess@example.org");
  EXPECT_EQ(base::text_at(body_of(changed), "/name"), "Ada L.");
}

TEST_P(PeopleTest, ProfileChanges) { database_.run(change_profile); }

io::Task<> take_email(People* people, base::UserId user, std::vector<int>* statuses,
                      io::Event* ended) {
  const auto changed = co_await people->change(
      user, {.email = "one@example.org", .current_password = Visitor::password_of_all}, "",
      "192.0.2.1");
  statuses->push_back(changed ? 200 : changed.error().status);
  ended->notify();
}

io::Task<> one_email(db::Database& database) {
  const io::Executor executor = co_await asio::this_coro::executor;
  World world(executor, database, {.registration = "open"});
  std::vector<int> statuses;
  io::Event ended(executor);
  for (const std::string email : {"ada@example.org", "bob@example.org"}) {
    Visitor visitor(world);
    const json::value user = body_of(co_await visitor.register_as(email));
    asio::co_spawn(
        executor,
        take_email(&world.services.people, {base::text_at(user, "/id")}, &statuses, &ended),
        asio::detached);
  }
  while (statuses.size() < 2) co_await ended.wait();
  std::ranges::sort(statuses);
  EXPECT_EQ(statuses, (std::vector<int>{200, 409}));
}

TEST_P(PeopleTest, OfTwoWhoWantOneEmailOneGetsIt) { database_.run(one_email); }

io::Task<> guess(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor ada(world, "198.51.100.1");
  co_await ada.register_as("ada@example.org");
  Visitor eve(world, "2001:db8::1");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ((co_await eve.login("ada@example.org", "wrong guess")).status, 401) << i;
  }
  Visitor neighbour(world, "2001:db8::2");
  const http::Response refused = co_await neighbour.login("ada@example.org");
  EXPECT_EQ(refused.status, 429) << "one /64 is one guesser, and the right guess is too late";
  EXPECT_EQ(refused.headers.get("Retry-After"), "900");
  EXPECT_EQ((co_await ada.login("ada@example.org")).status, 200) << "others are not locked out";
  world.clock.advance(15min);
  EXPECT_EQ((co_await eve.login("ada@example.org")).status, 200);
}

TEST_P(PeopleTest, GuessingIsBoundedPerPersonAndAddress) { database_.run(guess); }

io::Task<> guess_many(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  const std::vector<Throttle::Bound> one = login_bounds("ada@example.org", "192.0.2.1");
  for (int i = 0; i < 30; ++i) {
    const auto other = login_bounds("p" + std::to_string(i), "192.0.2.7");
    EXPECT_TRUE(co_await world.services.throttle.admit(other)) << i;
  }
  EXPECT_FALSE(co_await world.services.throttle.admit(login_bounds("new", "192.0.2.7")));
  for (int i = 0; i < 100; ++i) {
    const auto other = login_bounds("ada@example.org", fmt::format("192.0.2.{}", i + 20));
    EXPECT_TRUE(co_await world.services.throttle.admit(other)) << i;
  }
  EXPECT_FALSE(co_await world.services.throttle.admit(one));
  world.clock.advance(15min);
  co_await world.services.throttle.prune();
  const db::Rows left = co_await database.execute("SELECT COUNT(*) FROM attempt_counts");
  EXPECT_EQ(left[0][0].integer(), 0);
}

TEST_P(PeopleTest, GuessingIsBoundedPerAddressAndPerPerson) { database_.run(guess_many); }

io::Task<> success_is_free(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  const std::vector<Throttle::Bound> bounds = login_bounds("ada@example.org", "192.0.2.1");
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(co_await world.services.throttle.admit(bounds)) << i;
    co_await world.services.throttle.forgive(bounds);
  }
}

TEST_P(PeopleTest, SuccessfulAttemptsDoNotCount) { database_.run(success_is_free); }

TEST(Throttle, TakesANetworkOfAddressesAsOne) {
  EXPECT_EQ(address_group("2001:db8:1:2:3::4"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_group("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_group("not an address"), "not an address");
}

}  // namespace
}  // namespace accounts
