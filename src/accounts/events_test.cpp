#include "accounts/events.h"

#include "accounts/test_world.h"
#include "db/testing.h"
#include "http/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

namespace accounts {
namespace {

using namespace std::chrono_literals;

const base::WorkspaceId here{"workspace-here"};
const base::WorkspaceId elsewhere{"workspace-elsewhere"};

class EventsTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, EventsTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

json::object post_event(std::string id) { return {{"type", "post"}, {"id", std::move(id)}}; }

// The ids of the things that have been told of, until nothing more is waiting.
io::Task<std::vector<std::string>> heard(Subscription* subscription) {
  std::vector<std::string> ids;
  while (const auto event = co_await subscription->next(0ms)) {
    const json::value data = *base::parse_json(event->data);
    ids.push_back(event->type + ":" + base::text_at(data, "/id"));
  }
  co_return ids;
}

using Heard = std::vector<std::string>;

io::Task<> in_process(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Events& events = world.services.events;
  const auto first = events.subscribe(here);
  const auto second = events.subscribe(here);
  const auto other = events.subscribe(elsewhere);
  co_await events.publish(here, post_event("1"));
  EXPECT_EQ(co_await heard(first.get()), Heard{"post:1"});
  EXPECT_EQ(co_await heard(second.get()), Heard{"post:1"});
  EXPECT_EQ(co_await heard(other.get()), Heard{});
  co_await events.poll();
  EXPECT_EQ(co_await heard(first.get()), Heard{}) << "what was heard at once is not heard again";
}

TEST_P(EventsTest, ReachSubscribersOfTheWorkspaceOnce) { database_.run(in_process); }

io::Task<> across(db::Database& database) {
  const io::Executor executor = co_await asio::this_coro::executor;
  World world(executor, database);
  Events worker(executor, database, world.clock);
  Events& backend = world.services.events;
  const auto subscription = backend.subscribe(here);
  co_await worker.publish(here, post_event("1"));
  const std::unique_ptr<db::Transaction> transaction = co_await database.begin();
  co_await worker.publish_with(*transaction, here, post_event("2"));
  co_await transaction->commit();
  EXPECT_EQ(co_await heard(subscription.get()), Heard{});
  co_await backend.poll();
  EXPECT_EQ(co_await heard(subscription.get()), (Heard{"post:1", "post:2"}));
  // One whose transaction took longer than its neighbours'.
  world.clock.advance(3s);
  co_await worker.publish(here, post_event("3"));
  co_await backend.poll();
  world.clock.advance(-2s);
  co_await worker.publish(here, post_event("late"));
  world.clock.advance(3s);
  co_await backend.poll();
  EXPECT_EQ(co_await heard(subscription.get()), (Heard{"post:3", "post:late"}));
}

TEST_P(EventsTest, CrossProcessesThroughTheDatabase) { database_.run(across); }

io::Task<> spread(db::Database& database) {
  const io::Executor executor = co_await asio::this_coro::executor;
  World world(executor, database);
  Events worker(executor, database, world.clock);
  Events& backend = world.services.events;
  std::vector<std::string> messages;
  worker.spread_with([&messages](std::string message) { messages.push_back(std::move(message)); });
  const auto subscription = backend.subscribe(here);
  co_await worker.publish(here, post_event("1"));
  co_await worker.publish(elsewhere, post_event("2"));
  EXPECT_EQ(messages.size(), 2u);
  for (const std::string& message : messages) backend.hear(message);
  EXPECT_EQ(co_await heard(subscription.get()), Heard{"post:1"});
  for (const std::string& message : messages) backend.hear(message);
  co_await backend.poll();
  EXPECT_EQ(co_await heard(subscription.get()), Heard{}) << "told twice, heard once";
}

TEST_P(EventsTest, CrossProcessesAtOnceWhereThereIsAWay) { database_.run(spread); }

io::Task<> malformed(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Events& events = world.services.events;
  const auto subscription = events.subscribe(here);
  const std::string id = base::make_uuid7();
  const auto message = [&](std::string_view of, base::Instant at, std::string_view data) {
    return json::serialize(json::object{
        {"workspace", here.value}, {"id", of}, {"at", base::to_micros(at)}, {"data", data}});
  };
  const base::Instant now = world.clock.now();
  for (const std::string& bad :
       {std::string("{"), std::string("[]"), std::string(20'000, '['), message("x", now, "{}"),
        message(id, now, "[1]"), message(id, now, "{"), message(id, now + 1h, "{}"),
        message(id, now - 1h, "{}")}) {
    events.hear(bad);
  }
  EXPECT_EQ(co_await heard(subscription.get()), Heard{});
  events.hear(message(id, now, R"({"type": "post", "id": "1"})"));
  EXPECT_EQ(co_await heard(subscription.get()), Heard{"post:1"});
}

TEST_P(EventsTest, WhatIsMalformedIsNotHeard) { database_.run(malformed); }

io::Task<> rolled_back(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  const auto subscription = world.services.events.subscribe(here);
  {
    const std::unique_ptr<db::Transaction> transaction = co_await database.begin();
    co_await world.services.events.publish_with(*transaction, here, post_event("1"));
  }
  co_await world.services.events.poll();
  EXPECT_EQ(co_await heard(subscription.get()), Heard{});
}

TEST_P(EventsTest, ARolledBackChangeIsNotTold) { database_.run(rolled_back); }

io::Task<> slow_reader(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  const auto subscription = world.services.events.subscribe(here);
  for (int i = 0; i < 257; ++i) {
    co_await world.services.events.publish(here, post_event(std::to_string(i)));
  }
  EXPECT_EQ(co_await heard(subscription.get()), Heard{"resync:"});
}

TEST_P(EventsTest, ASlowReaderIsToldToFetchEverything) { database_.run(slow_reader); }

io::Task<> replay(db::Database& database) {
  const io::Executor executor = co_await asio::this_coro::executor;
  World world(executor, database);
  Events& events = world.services.events;
  // UUIDs carry the time of this machine.
  world.clock.set(base::SystemClock().now());
  const auto before = events.subscribe(here);
  co_await events.publish(here, post_event("1"));
  const std::string last = (co_await before->next(0ms))->id;
  co_await events.publish(here, post_event("2"));
  co_await events.publish(elsewhere, post_event("3"));
  const auto back = events.subscribe(here);
  co_await events.replay(here, last, back);
  EXPECT_EQ(co_await heard(back.get()), Heard{"post:2"});
  for (const std::string& unknown : {std::string("x"), std::string(100'000, '7'),
                                     std::string("00000000-0000-7000-8000-000000000000")}) {
    co_await events.replay(here, unknown, back);
    EXPECT_EQ(co_await heard(back.get()), Heard{"resync:"});
  }
  world.clock.advance(11min);
  co_await events.replay(here, last, back);
  EXPECT_EQ(co_await heard(back.get()), Heard{"resync:"}) << "forgotten";
  co_await events.prune();
  const db::Rows left = co_await database.execute("SELECT COUNT(*) FROM events");
  EXPECT_EQ(left[0][0].integer(), 0);
}

TEST_P(EventsTest, AClientThatComesBackHearsWhatItMissed) { database_.run(replay); }

io::Task<> many_subscribers(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  std::vector<std::shared_ptr<Subscription>> all;
  while (auto one = world.services.events.subscribe(here)) all.push_back(std::move(one));
  EXPECT_EQ(all.size(), 2000U);
  all.pop_back();
  EXPECT_TRUE(world.services.events.subscribe(here));
}

TEST_P(EventsTest, SubscribersAreBounded) { database_.run(many_subscribers); }

io::Task<> over_http(db::Database& database) {
  const io::Executor executor = co_await asio::this_coro::executor;
  World world(executor, database);
  Visitor ada(world);
  co_await ada.register_as("ada@example.org");
  const base::WorkspaceId workspace{
      base::text_at(body_of(co_await ada.get("/api/user")), "/workspace/id")};
  http::Server server(executor, {}, std::make_shared<const http::Router>(world.router));
  server.start();

  asio::ip::tcp::socket socket(executor);
  co_await socket.async_connect({asio::ip::address_v4::loopback(), server.port()},
                                asio::use_awaitable);
  const std::string request = fmt::format(
      "GET /api/events HTTP/1.1\r\nHost: localhost\r\nCookie: session={}\r\n\r\n", ada.cookie);
  co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
  std::string received;
  co_await asio::async_read_until(socket, asio::dynamic_buffer(received), "retry: 2000\n\n",
                                  asio::use_awaitable);
  EXPECT_TRUE(received.starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(received.contains("text/event-stream"));
  co_await world.services.events.publish(workspace, post_event("7"));
  co_await asio::async_read_until(socket, asio::dynamic_buffer(received), "\"id\":\"7\"",
                                  asio::use_awaitable);
  EXPECT_TRUE(received.contains("event: post\n"));
  socket.close();
  co_await server.stop(2s);
}

TEST_P(EventsTest, AreStreamedToThePage) { database_.run(over_http); }

io::Task<> strangers(db::Database& database) {
  World world(co_await asio::this_coro::executor, database);
  Visitor eve(world);
  EXPECT_EQ((co_await eve.get("/api/events")).status, 401);
}

TEST_P(EventsTest, AreNotForStrangers) { database_.run(strangers); }

}  // namespace
}  // namespace accounts
