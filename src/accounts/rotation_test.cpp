// What people and scripts hold when APP_KEY is rotated under them.
#include "accounts/test_world.h"
#include "base/text.h"
#include "db/testing.h"

#include <gtest/gtest.h>

namespace accounts {
namespace {

class RotationTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, RotationTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

io::Task<std::string> access_token(World& world) {
  http::Request request;
  request.method = "POST";
  request.path = request.target = "/automation/token";
  request.remote_address = "192.0.2.1";
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  request.body = "grant_type=password&username=ada%40example.org&password=" +
                 base::url_encode(Visitor::password_of_all);
  const http::Response response = co_await world.ask(std::move(request));
  EXPECT_EQ(response.status, 200) << response.body;
  co_return base::text_at(body_of(response), "/access_token");
}

// The status of a change under the cookie and the CSRF token that an open page holds.
io::Task<int> changes_with(World& world, std::string cookie, std::string csrf) {
  Visitor visitor(world);
  visitor.cookie = std::move(cookie);
  visitor.csrf = std::move(csrf);
  co_return (co_await visitor.send("PATCH", "/api/user", json::object{{"name", "A"}})).status;
}

io::Task<int> reads_with(World& world, std::string bearer) {
  Visitor script(world);
  script.bearer = std::move(bearer);
  co_return (co_await script.get("/api/user")).status;
}

io::Task<> rotation(db::Database& database) {
  const io::Executor executor = co_await asio::this_coro::executor;
  const std::string old_key = base::Vault::make_key();
  const std::string new_key = base::Vault::make_key();
  World before(executor, database, {}, old_key);
  Visitor ada(before);
  co_await ada.register_as("ada@example.org");
  const std::string token = co_await access_token(before);

  World rotated(executor, database, {}, new_key + "," + old_key);
  EXPECT_EQ(co_await changes_with(rotated, ada.cookie, ada.csrf), 200) << "an open page goes on";
  EXPECT_EQ(co_await reads_with(rotated, token), 200) << "and so does a script";

  // The old replicas of a rolling rotation: told of the new key first, as the documentation says.
  World behind(executor, database, {}, old_key + "," + new_key);
  Visitor late(rotated);
  co_await late.login("ada@example.org");
  EXPECT_EQ(co_await changes_with(behind, late.cookie, late.csrf), 200);
  EXPECT_EQ(co_await reads_with(behind, co_await access_token(rotated)), 200);

  World done(executor, database, {}, new_key);
  EXPECT_EQ(co_await reads_with(done, token), 401) << "nobody vouches for the old key any more";
  EXPECT_EQ(co_await changes_with(done, ada.cookie, ada.csrf), 403);
  EXPECT_EQ(co_await changes_with(done, late.cookie, late.csrf), 200);
}

TEST_P(RotationTest, EndsNothingThatAListedKeyMade) { database_.run(rotation); }

}  // namespace
}  // namespace accounts
