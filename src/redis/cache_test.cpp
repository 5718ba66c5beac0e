// Against a real redis-server, with two caches that stand for two processes.
#include "redis/cache.h"

#include "redis/testing.h"

#include <gtest/gtest.h>

namespace redis {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s;

// What both processes make, slowly, and how often they did.
struct Source {
  io::Task<Cache::Thing> make() {
    ++made;
    const Cache::Thing thing = value;
    co_await io::sleep_for(takes);
    co_return thing;
  }
  Cache::Thing value = "one";
  std::chrono::milliseconds takes{0};
  int made = 0;
};

struct Node {
  Node(const io::Executor& executor, const std::optional<Endpoint>& endpoint, Source& its_source)
      : source(its_source) {
    if (endpoint) {
      client =
          std::make_unique<Client>(executor, ClientOptions{.connection = {.endpoint = *endpoint,
                                                                          .connect_timeout = 2s,
                                                                          .pause_min = 5ms,
                                                                          .pause_max = 20ms},
                                                           .command_timeout = 150ms});
    }
    cache = std::make_unique<Cache>(
        executor, clock, client.get(),
        CacheOptions{.name = "test", .prefix = "test:cache", .fresh = 200ms, .wait_max = 500ms});
  }
  io::Task<std::string> get(std::string key = "k") {
    const Cache::Thing thing =
        co_await cache->get("w", std::move(key), [this] { return source.make(); });
    co_return thing.value_or("nothing");
  }
  io::Task<> get_into(std::string& into) { into = co_await get(); }
  // Its memory has run out; Redis keeps its own time.
  void wait_a_second() { clock.advance(1s); }

  base::VirtualClock clock{base::from_micros(0)};
  Source& source;
  std::unique_ptr<Client> client;
  std::unique_ptr<Cache> cache;
};

struct Stage {
  Stage(const io::Executor& executor, TestServer* of_test)
      : server(of_test),
        tasks(executor),
        here(executor, endpoint(), source),
        there(executor, endpoint(), source) {
    for (Node* node : {&here, &there}) {
      if (node->client) tasks.start("redis", [node] { return node->client->run(); });
    }
  }
  std::optional<Endpoint> endpoint() const {
    return server != nullptr ? std::optional(server->endpoint()) : std::nullopt;
  }
  io::Task<> connected(bool wanted = true) {
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (here.client->connected() != wanted || there.client->connected() != wanted) {
      if (std::chrono::steady_clock::now() > give_up) {
        ADD_FAILURE() << here.client->failure();
        co_return;
      }
      co_await io::sleep_for(5ms);
    }
  }

  TestServer* server;
  Source source;
  io::Supervisor tasks;
  Node here;
  Node there;
};

using Body = io::Task<> (*)(Stage&);

io::Task<> on_stage(TestServer* server, Body body) {
  Stage stage(co_await asio::this_coro::executor, server);
  if (server != nullptr) co_await stage.connected();
  co_await body(stage);
  stage.tasks.stop();
  co_await stage.tasks.join();
}

class SharedCache : public testing::Test {
 protected:
  void run(Body body) {
    if (!server_.available()) GTEST_SKIP() << "SKIPPED: " << TestServer::missing;
    io::run([&] { return on_stage(&server_, body); });
  }
  TestServer server_;
};

TEST_F(SharedCache, OneProcessMakesItForAll) {
  run([](Stage& stage) -> io::Task<> {
    EXPECT_EQ(co_await stage.here.get(), "one");
    stage.source.value = "two";
    EXPECT_EQ(co_await stage.there.get(), "one");
    EXPECT_EQ(stage.source.made, 1);
    EXPECT_EQ(co_await stage.there.get("other"), "two") << "another key is another thing";
  });
}

TEST_F(SharedCache, AStampedeOfBothProcessesIsOneMaking) {
  run([](Stage& stage) -> io::Task<> {
    stage.source.takes = 50ms;
    std::vector<std::string> answers(100);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      Node& node = i % 2 == 0 ? stage.here : stage.there;
      stage.tasks.start_once("get",
                             [&node, &answer = answers[i]] { return node.get_into(answer); });
    }
    while (std::ranges::count(answers, "one") < 100) co_await io::sleep_for(5ms);
    EXPECT_EQ(stage.source.made, 1);
  });
}

TEST_F(SharedCache, IsMadeAnewByOneWhileTheOthersUseTheOneBefore) {
  run([](Stage& stage) -> io::Task<> {
    co_await stage.here.get();
    stage.source.value = "two";
    const auto give_up = std::chrono::steady_clock::now() + patience;
    std::string now;
    while (now != "two" && std::chrono::steady_clock::now() < give_up) {
      stage.here.wait_a_second();
      now = co_await stage.here.get();
    }
    EXPECT_EQ(now, "two") << "once it was no longer fresh";
    EXPECT_EQ(stage.source.made, 2);
  });
}

TEST_F(SharedCache, AlsoNothingIsRemembered) {
  run([](Stage& stage) -> io::Task<> {
    stage.source.value = std::nullopt;
    EXPECT_EQ(co_await stage.here.get(), "nothing");
    EXPECT_EQ(co_await stage.there.get(), "nothing");
    EXPECT_EQ(co_await stage.there.get(), "nothing");
    EXPECT_EQ(stage.source.made, 1);
  });
}

TEST_F(SharedCache, WhatIsForgottenIsMadeAnewEverywhere) {
  run([](Stage& stage) -> io::Task<> {
    co_await stage.here.get();
    co_await stage.there.get();
    stage.source.value = "two";
    stage.here.cache->forget("w");
    EXPECT_EQ(co_await stage.here.get(), "two") << "at once";
    EXPECT_EQ(co_await stage.there.get(), "one") << "it has not heard of it";
    stage.there.cache->forget_here();
    EXPECT_EQ(co_await stage.there.get(), "two");
    EXPECT_EQ(stage.source.made, 2);
  });
}

TEST_F(SharedCache, WhatWasBegunBeforeItWasForgottenDoesNotComeBack) {
  run([](Stage& stage) -> io::Task<> {
    stage.source.takes = 50ms;
    std::string early;
    stage.tasks.start_once("get", [&] { return stage.here.get_into(early); });
    while (stage.source.made == 0) co_await io::sleep_for(1ms);
    stage.source.value = "two";
    stage.there.cache->forget("w");
    while (early.empty()) co_await io::sleep_for(1ms);
    stage.here.cache->forget_here();
    EXPECT_EQ(co_await stage.there.get(), "two");
    EXPECT_EQ(co_await stage.here.get(), "two") << "what was stored late is of a version before";
  });
}

TEST_F(SharedCache, WorksWhileRedisIsGoneAndAfter) {
  run([](Stage& stage) -> io::Task<> {
    stage.server->kill();
    EXPECT_EQ(co_await stage.here.get(), "one");
    co_await stage.connected(false);
    stage.source.value = "two";
    EXPECT_EQ(co_await stage.there.get(), "two") << "each for itself";
    EXPECT_EQ(co_await stage.there.get(), "two") << "from its own memory";
    EXPECT_EQ(stage.source.made, 2);
    stage.here.cache->forget("w");
    stage.server->restart();
    co_await stage.connected();
    stage.there.wait_a_second();
    EXPECT_EQ(co_await stage.here.get(), "two");
    EXPECT_EQ(co_await stage.there.get(), "two");
    EXPECT_EQ(stage.source.made, 3) << "shared again";
  });
}

TEST_F(SharedCache, DoesNotWaitLongForARedisThatHangs) {
  run([](Stage& stage) -> io::Task<> {
    stage.server->freeze();
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(co_await stage.here.get(), "one");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s) << "the time-out is 150 ms";
    stage.server->thaw();
  });
}

TEST(CacheWithoutRedis, RemembersInThisProcess) {
  io::run([] {
    return on_stage(nullptr, [](Stage& stage) -> io::Task<> {
      EXPECT_EQ(co_await stage.here.get(), "one");
      EXPECT_EQ(co_await stage.here.get(), "one");
      EXPECT_EQ(co_await stage.there.get(), "one");
      EXPECT_EQ(stage.source.made, 2);
      stage.here.cache->forget("w");
      EXPECT_EQ(co_await stage.here.get(), "one");
      EXPECT_EQ(stage.source.made, 3);
    });
  });
}

}  // namespace
}  // namespace redis
