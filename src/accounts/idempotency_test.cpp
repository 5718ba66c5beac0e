#include "accounts/idempotency.h"

#include "accounts/test_world.h"
#include "db/testing.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

namespace accounts {
namespace {

using namespace std::chrono_literals;

// A route that counts its runs and answers as it is told.
struct Counter {
  int runs = 0;
  int status = 201;
  std::string text = "first";
  bool fail = false;
  io::Event* hold = nullptr;  // when set, the handler waits for it
  io::Event* started = nullptr;

  io::Task<http::Response> handle(http::Request) {
    ++runs;
    if (started != nullptr) started->notify();
    if (hold != nullptr) co_await hold->wait();
    if (fail) throw base::Unavailable("the database is gone");
    http::Response response = http::json_response({{"text", text}}, status);
    response.headers.set("Location", "/api/things/1");
    response.headers.add("Set-Cookie", "a=b");
    co_return response;
  }
};

struct Stage {
  Stage(io::Executor executor, db::Database& database)
      : world(std::move(executor), database), ada(world) {
    world.router.post("/api/things",
                      [this](http::Request request) { return counter.handle(std::move(request)); });
  }

  io::Task<http::Response> post(std::string key, json::value body = json::object{{"a", 1}}) {
    http::Headers headers;
    headers.set("Idempotency-Key", std::move(key));
    return ada.send("POST", "/api/things", std::move(body), std::move(headers));
  }

  Counter counter;
  World world;
  Visitor ada;
};

class IdempotencyTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, IdempotencyTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

io::Task<> replays(db::Database& database) {
  Stage stage(co_await asio::this_coro::executor, database);
  co_await stage.ada.register_as("ada@example.org");
  const http::Response first = co_await stage.post("k1");
  stage.counter.text = "second";
  const http::Response again = co_await stage.post("k1");
  EXPECT_EQ(stage.counter.runs, 1);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers.get("Location"), "/api/things/1");
  EXPECT_EQ(again.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(again.headers.get("Idempotency-Replayed"), "true");
  EXPECT_FALSE(again.headers.has("Set-Cookie"));
  co_await stage.post("k2");
  EXPECT_EQ(stage.counter.runs, 2);
  const db::Rows rows = co_await database.execute("SELECT answer FROM idempotency_keys");
  EXPECT_FALSE(rows[0][0].text().contains("first")) << "sealed";
}

TEST_P(IdempotencyTest, TheSameRequestGetsTheFirstAnswer) { database_.run(replays); }

io::Task<> other_request(db::Database& database) {
  Stage stage(co_await asio::this_coro::executor, database);
  co_await stage.ada.register_as("ada@example.org");
  co_await stage.post("k1");
  const http::Response refused = co_await stage.post("k1", json::object{{"a", 2}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(code_of(refused), "idempotency_key_reused");
  EXPECT_EQ(stage.counter.runs, 1);
  for (const std::string& bad : {std::string(), std::string(256, 'k'), std::string("a b")}) {
    EXPECT_EQ((co_await stage.post(bad)).status, 400) << bad;
  }
}

TEST_P(IdempotencyTest, AKeyBelongsToOneRequest) { database_.run(other_request); }

io::Task<> people_apart(db::Database& database) {
  Stage stage(co_await asio::this_coro::executor, database);
  co_await stage.post("k1");
  co_await stage.post("k1");
  EXPECT_EQ(stage.counter.runs, 2) << "nobody is signed in: no key";
  co_await stage.ada.register_as("ada@example.org");
  co_await stage.post("k1");
  EXPECT_EQ(stage.counter.runs, 3);
}

TEST_P(IdempotencyTest, KeysBelongToAPerson) { database_.run(people_apart); }

io::Task<> passing_answers(db::Database& database) {
  Stage stage(co_await asio::this_coro::executor, database);
  co_await stage.ada.register_as("ada@example.org");
  int runs = 0;
  for (const int status : {500, 503, 429, 409, 403}) {
    stage.counter.status = status;
    co_await stage.post("k1");
    EXPECT_EQ(stage.counter.runs, ++runs) << status;
  }
  stage.counter.fail = true;
  bool thrown = false;
  try {
    co_await stage.post("k1");
  } catch (const base::Unavailable&) {
    thrown = true;
  }
  EXPECT_TRUE(thrown);
  stage.counter.fail = false;
  stage.counter.status = 422;
  co_await stage.post("k1");
  co_await stage.post("k1");
  EXPECT_EQ(stage.counter.runs, runs + 2) << "a verdict on the request is kept";
}

TEST_P(IdempotencyTest, FailuresThatPassAreNotKept) { database_.run(passing_answers); }

io::Task<> post_held(Stage* stage, int* status, io::Event* ended) {
  *status = (co_await stage->post("k1")).status;
  ended->notify();
}

io::Task<> together(db::Database& database) {
  const io::Executor executor = co_await asio::this_coro::executor;
  Stage stage(executor, database);
  co_await stage.ada.register_as("ada@example.org");
  io::Event hold(executor);
  io::Event started(executor);
  io::Event ended(executor);
  stage.counter.hold = &hold;
  stage.counter.started = &started;
  int status = 0;
  asio::co_spawn(executor, post_held(&stage, &status, &ended), asio::detached);
  co_await started.wait();
  const http::Response second = co_await stage.post("k1");
  EXPECT_EQ(second.status, 409);
  EXPECT_EQ(code_of(second), "idempotency_running");
  hold.notify();
  co_await ended.wait();
  EXPECT_EQ(status, 201);
  EXPECT_EQ(stage.counter.runs, 1);
  EXPECT_EQ((co_await stage.post("k1")).status, 201);
  EXPECT_EQ(stage.counter.runs, 1);
}

TEST_P(IdempotencyTest, TwoAtOnceRunOnce) { database_.run(together); }

io::Task<> crash(db::Database& database) {
  Stage stage(co_await asio::this_coro::executor, database);
  co_await stage.ada.register_as("ada@example.org");
  co_await stage.post("k1");
  // As a process leaves it that died between the work and the answer.
  co_await database.execute("UPDATE idempotency_keys SET status = NULL, answer = NULL");
  stage.world.clock.advance(5min);
  const http::Response refused = co_await stage.post("k1");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(code_of(refused), "idempotency_interrupted");
  EXPECT_EQ(stage.counter.runs, 1) << "never done twice";
}

TEST_P(IdempotencyTest, AnInterruptedRequestIsNeverRunAgain) { database_.run(crash); }

io::Task<> a_day_later(db::Database& database) {
  Stage stage(co_await asio::this_coro::executor, database);
  co_await stage.ada.register_as("ada@example.org");
  co_await stage.post("k1");
  stage.world.clock.advance(24h);
  co_await stage.post("k1", json::object{{"a", 2}});
  EXPECT_EQ(stage.counter.runs, 2);
  stage.world.clock.advance(24h);
  co_await prune_idempotency(database, stage.world.clock.now());
  const db::Rows left = co_await database.execute("SELECT COUNT(*) FROM idempotency_keys");
  EXPECT_EQ(left[0][0].integer(), 0);
}

TEST_P(IdempotencyTest, AnswersAreKeptADay) { database_.run(a_day_later); }

}  // namespace
}  // namespace accounts
