// Two processes' doors on one real Redis.
#include "app/redis_door.h"

#include "redis/testing.h"

#include <gtest/gtest.h>

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s;

// With no more rights than docs/operating says are needed.
redis::Endpoint signed_in(redis::Endpoint endpoint) {
  endpoint.user = "socialtrend";
  endpoint.password = "secret";
  return endpoint;
}

// One process: what it heard.
struct Side {
  Side(io::Executor executor, const redis::TestServer& server, std::string name)
      : changed(executor),
        door(executor, signed_in(server.endpoint()), "socialtrend", std::move(name)) {
    bell = door.wake().on_ring("due", [this] { note("due"); });
    door.on_event([this](std::string_view event) { note(std::string(event)); });
  }
  void note(std::string what) {
    heard.push_back(std::move(what));
    changed.notify();
  }
  io::Task<bool> hears(std::string what) {
    while (std::ranges::find(heard, what) == heard.end()) {
      if (!co_await changed.wait_for(patience)) co_return false;
    }
    co_return true;
  }
  io::Task<> connected() {
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (!door.trouble().empty() && std::chrono::steady_clock::now() < give_up) {
      co_await io::sleep_for(5ms);
    }
    EXPECT_EQ(door.trouble(), "");
  }

  io::Event changed;
  std::vector<std::string> heard;
  RedisDoor door;
  std::unique_ptr<jobs::Wake::Bell> bell;
};

io::Task<> talk(redis::TestServer& server) {
  const auto executor = co_await asio::this_coro::executor;
  Side one(executor, server, "one");
  Side two(executor, server, "two");
  one.door.spread("lost, as nobody is connected: no harm");
  io::Supervisor tasks(executor);
  for (Side* side : {&one, &two}) {
    tasks.start("redis", [side] { return side->door.run(); });
  }
  co_await one.connected();
  co_await two.connected();
  for (Side* side : {&one, &two}) {
    EXPECT_TRUE(co_await side->hears("due")) << "a new connection may have missed rings";
    side->heard.clear();
  }
  one.door.wake().ring("due");
  one.door.spread(R"({"some": "event"})");
  EXPECT_TRUE(co_await two.hears(R"({"some": "event"})"));
  EXPECT_EQ(two.heard.front(), "due");
  EXPECT_EQ(one.heard, std::vector<std::string>{"due"}) << "once, by itself";

  server.kill();
  one.door.wake().ring("due");  // nobody hears it over there, and nobody is hurt
  two.heard.clear();
  server.restart();
  EXPECT_TRUE(co_await two.hears("due")) << "after a lost connection everybody looks";
  tasks.stop();
  co_await tasks.join();
}

TEST(RedisDoor, CarriesRingsAndEventsToTheOthers) {
  redis::TestServer server(redis::TestServer::Door::tcp,
                           {"--user", "socialtrend", "on", ">secret", "resetchannels",
                            "&socialtrend:*", "+ping", "+publish", "+subscribe"});
  if (!server.available()) GTEST_SKIP() << "SKIPPED: " << redis::TestServer::missing;
  io::run([&] { return talk(server); });
}

}  // namespace
}  // namespace app
