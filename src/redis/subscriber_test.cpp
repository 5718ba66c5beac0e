#include "redis/subscriber.h"

#include "redis/client.h"
#include "redis/testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace redis {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s;

// A subscriber and a client on one server, and what was heard.
struct Stage {
  Stage(io::Executor loop, const TestServer& server)
      : executor(loop),
        changed(loop),
        client(loop, {.connection = options(server)}),
        subscriber({.connection = options(server), .ping_every = 50ms}),
        tasks(loop) {
    subscriber.on("one", [this](const std::string& message) { note("one:" + message); });
    subscriber.on("two", [this](const std::string& message) { note("two:" + message); });
    subscriber.on_connected([this] {
      ++connections;
      changed.notify();
    });
    tasks.start("client", [this] { return client.run(); });
    tasks.start("subscriber", [this] { return subscriber.run(); });
  }

  static ConnectionOptions options(const TestServer& server) {
    return {
        .endpoint = server.endpoint(), .connect_timeout = 2s, .pause_min = 5ms, .pause_max = 20ms};
  }
  void note(std::string what) {
    heard.push_back(std::move(what));
    changed.notify();
  }
  io::Task<bool> connected_for(int times) {
    while (connections < times) {
      if (!co_await changed.wait_for(patience)) co_return false;
    }
    co_return true;
  }
  io::Task<bool> heard_count(std::size_t count) {
    while (heard.size() < count) {
      if (!co_await changed.wait_for(patience)) co_return false;
    }
    co_return true;
  }
  io::Task<> end() {
    tasks.stop();
    co_await tasks.join();
  }

  io::Executor executor;
  std::vector<std::string> heard;
  int connections = 0;
  io::Event changed;
  Client client;
  Subscriber subscriber;
  io::Supervisor tasks;
};

using Body = io::Task<> (*)(Stage&, TestServer&);

io::Task<> with_stage(TestServer& server, Body body) {
  Stage stage(co_await asio::this_coro::executor, server);
  EXPECT_TRUE(co_await stage.connected_for(1));
  co_await body(stage, server);
  co_await stage.end();
}

void run(Body body, bool* skipped) {
  TestServer server;
  *skipped = !server.available();
  if (!*skipped) io::run([&] { return with_stage(server, body); });
}

#define RUN_OR_SKIP(body) \
  bool skipped = false;   \
  run(body, &skipped);    \
  if (skipped) GTEST_SKIP() << "SKIPPED: " << TestServer::missing

io::Task<> publish(Stage& stage, std::string channel, std::string message) {
  const auto sent =
      co_await stage.client.command({"PUBLISH", std::move(channel), std::move(message)});
  EXPECT_TRUE(sent) << stage.client.failure();
}

io::Task<> hear_both(Stage& stage, TestServer&) {
  co_await publish(stage, "one", "a");
  co_await publish(stage, "nobody", "b");
  stage.client.tell({"PUBLISH", "one", "told"});
  co_await publish(stage, "two", std::string("c\0\r\n", 4));
  EXPECT_TRUE(co_await stage.heard_count(3));
  EXPECT_THAT(stage.heard,
              testing::ElementsAre("one:a", "one:told", std::string("two:c\0\r\n", 8)));
}

TEST(Subscriber, HearsItsChannelsOnly) { RUN_OR_SKIP(hear_both); }

io::Task<> hear_after_kill(Stage& stage, TestServer& server) {
  server.kill();
  server.restart();
  EXPECT_TRUE(co_await stage.connected_for(2));
  while (!stage.client.connected()) co_await io::sleep_for(5ms);
  co_await publish(stage, "one", "again");
  EXPECT_TRUE(co_await stage.heard_count(1));
}

TEST(Subscriber, SubscribesAgainAndSaysSo) { RUN_OR_SKIP(hear_after_kill); }

io::Task<> notice_silence(Stage& stage, TestServer& server) {
  server.freeze();
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (stage.subscriber.connected() && std::chrono::steady_clock::now() < give_up) {
    co_await io::sleep_for(5ms);
  }
  EXPECT_FALSE(stage.subscriber.connected());
  server.thaw();
  EXPECT_TRUE(co_await stage.connected_for(2));
}

TEST(Subscriber, ASilentServerIsLeft) { RUN_OR_SKIP(notice_silence); }

}  // namespace
}  // namespace redis
