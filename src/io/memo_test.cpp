#include "io/memo.h"

#include <gtest/gtest.h>

namespace io {
namespace {

using namespace std::chrono_literals;

// Looks that wait until they are told to end.
struct Looks {
  explicit Looks(const Executor& executor)
      : let_go(executor),
        memo(executor, clock, {.keep = 1s, .entries_max = 3, .count = counter()}) {}

  Task<int> look() {
    ++begun;
    if (slow) co_await let_go.wait();
    if (fails) throw std::runtime_error("gone");
    co_return value;
  }
  Task<int> get(std::string key = "a") {
    return memo.get(std::move(key), [this] { return look(); });
  }
  Task<> get_into(std::optional<int>& into) { into = co_await get(); }
  std::function<void(std::string_view)> counter() {
    return [this](std::string_view result) { ++counts[std::string(result)]; };
  }

  base::VirtualClock clock{base::from_micros(0)};
  std::map<std::string, int> counts;
  Event let_go;
  Memo<int> memo;
  int begun = 0;
  int value = 1;
  bool slow = false;
  bool fails = false;
};

Task<> with_looks(Task<> (*body)(Looks&)) {
  Looks looks(co_await asio::this_coro::executor);
  co_await body(looks);
}

void run_with_looks(Task<> (*body)(Looks&)) {
  io::run([&] { return with_looks(body); });
}

TEST(Memo, RemembersForAWhile) {
  run_with_looks([](Looks& looks) -> Task<> {
    EXPECT_EQ(co_await looks.get(), 1);
    looks.value = 2;
    looks.clock.advance(999ms);
    EXPECT_EQ(co_await looks.get(), 1);
    looks.clock.advance(1ms);
    EXPECT_EQ(co_await looks.get(), 2);
    EXPECT_EQ(looks.begun, 2);
    EXPECT_EQ(looks.counts["hit"], 1);
    EXPECT_EQ(looks.counts["miss"], 2);
  });
}

TEST(Memo, AStampedeIsOneLook) {
  run_with_looks([](Looks& looks) -> Task<> {
    looks.slow = true;
    std::vector<std::optional<int>> answers(100);
    Supervisor tasks(co_await asio::this_coro::executor);
    for (auto& answer : answers) {
      tasks.start_once("get", [&] { return looks.get_into(answer); });
    }
    while (looks.begun == 0) co_await yield();
    for (int i = 0; i < 10; ++i) co_await yield();
    looks.let_go.notify();
    co_await tasks.join();
    EXPECT_EQ(looks.begun, 1);
    EXPECT_EQ(looks.counts["joined"], 99);
    for (const auto& answer : answers) EXPECT_EQ(answer, 1);
  });
}

TEST(Memo, ForgettingCountsForLooksUnderWay) {
  run_with_looks([](Looks& looks) -> Task<> {
    looks.slow = true;
    std::optional<int> early;
    Supervisor tasks(co_await asio::this_coro::executor);
    tasks.start_once("get", [&] { return looks.get_into(early); });
    while (looks.begun == 0) co_await yield();
    looks.memo.forget_all();
    looks.slow = false;
    looks.value = 2;
    EXPECT_EQ(co_await looks.get(), 2) << "nobody joins a look of before";
    looks.value = 3;
    looks.let_go.notify();
    co_await tasks.join();
    EXPECT_EQ(early, 3) << "as it ended up";
    EXPECT_EQ(co_await looks.get(), 2) << "which is not remembered";
  });
}

TEST(Memo, FailuresGoToAllWhoWaitedAndAreForgotten) {
  run_with_looks([](Looks& looks) -> Task<> {
    looks.slow = true;
    looks.fails = true;
    std::optional<int> other;
    Supervisor tasks(co_await asio::this_coro::executor);
    tasks.start_once("first", [&] { return looks.get_into(other); });
    tasks.start_once("second", [&] { return looks.get_into(other); });
    while (looks.begun == 0) co_await yield();
    for (int i = 0; i < 10; ++i) co_await yield();
    looks.let_go.notify();
    co_await tasks.join();
    EXPECT_EQ(looks.begun, 1);
    EXPECT_FALSE(other);
    looks.fails = looks.slow = false;
    EXPECT_EQ(co_await looks.get(), 1);
  });
}

TEST(Memo, IsBounded) {
  run_with_looks([](Looks& looks) -> Task<> {
    for (const char* key : {"a", "b", "c", "d"}) co_await looks.get(key);
    co_await looks.get("d");
    EXPECT_EQ(looks.begun, 4);
    co_await looks.get("a");
    EXPECT_EQ(looks.begun, 5) << "it was forgotten to make room";
  });
}

}  // namespace
}  // namespace io
