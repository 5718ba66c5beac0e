#include "io/task.h"

#include <stdexcept>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

io::Task<> throw_error() {
  throw std::runtime_error("broken");
  co_return;
}

TEST(Run, ThrowsWhatTheTaskThrew) { EXPECT_THROW(io::run(throw_error), std::runtime_error); }

io::Task<> notify_twice_then_wait(bool* second_wait_timed_out) {
  io::Event event(co_await asio::this_coro::executor);
  event.notify();
  event.notify();
  co_await event.wait();
  *second_wait_timed_out = !co_await event.wait_for(1ms);
}

TEST(Event, RemembersOneNotificationThatNobodyWaitedFor) {
  bool timed_out = false;
  io::run([&] { return notify_twice_then_wait(&timed_out); });
  EXPECT_TRUE(timed_out);
}

io::Task<> count_wake_up(io::Event* event, int* woken) {
  co_await event->wait();
  ++*woken;
}

io::Task<> wake_three(int* woken) {
  auto executor = co_await asio::this_coro::executor;
  io::Event event(executor);
  for (int i = 0; i < 3; ++i)
    asio::co_spawn(executor, count_wake_up(&event, woken), asio::detached);
  co_await io::yield();
  event.notify();
  for (int turn = 0; turn < 100 && *woken < 3; ++turn) co_await io::yield();
}

TEST(Event, WakesAllThatWait) {
  int woken = 0;
  io::run([&] { return wake_three(&woken); });
  EXPECT_EQ(woken, 3);
}

io::Task<> cancel_a_wait(bool* cancelled) {
  auto executor = co_await asio::this_coro::executor;
  auto event = std::make_shared<io::Event>(executor);
  asio::cancellation_signal cancel;
  std::exception_ptr failure;
  io::Event ended(executor);
  asio::co_spawn(executor, event->wait(),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr error) {
                   failure = std::move(error);
                   ended.notify();
                 }));
  co_await io::yield();
  event.reset();  // the waiting task must not touch the event that is gone
  cancel.emit(asio::cancellation_type::terminal);
  co_await ended.wait();
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    *cancelled = io::is_cancelled(error);
  }
}

TEST(Event, ACancelledWaitThrows) {
  bool cancelled = false;
  io::run([&] { return cancel_a_wait(&cancelled); });
  EXPECT_TRUE(cancelled);
  EXPECT_FALSE(io::is_cancelled(std::runtime_error("broken")));
}

io::Task<> offload_three_ways(std::string* text, std::thread::id* elsewhere, bool* thrown) {
  const auto here = std::this_thread::get_id();
  *text = co_await io::offload([] { return std::string("made elsewhere"); });
  co_await io::offload([elsewhere] { *elsewhere = std::this_thread::get_id(); });
  EXPECT_EQ(std::this_thread::get_id(), here);
  try {
    co_await io::offload([]() -> int { throw std::runtime_error("broken"); });
  } catch (const std::runtime_error&) {
    *thrown = true;
  }
}

TEST(Offload, RunsOnAnotherThreadAndResumesHere) {
  std::string text;
  std::thread::id elsewhere;
  bool thrown = false;
  io::run([&] { return offload_three_ways(&text, &elsewhere, &thrown); });
  EXPECT_EQ(text, "made elsewhere");
  EXPECT_NE(elsewhere, std::this_thread::get_id());
  EXPECT_NE(elsewhere, std::thread::id());
  EXPECT_TRUE(thrown);
}

io::Task<> wait_for_helper(std::shared_ptr<std::atomic<bool>> go,
                           std::shared_ptr<std::atomic<bool>> done) {
  co_await io::offload([go, done] {
    go->wait(false);
    *done = true;
  });
}

// The loop ends while a helper thread still works for it: its destructor waits, and nothing is
// touched after that.
TEST(Offload, AnEndingLoopWaitsForItsHelpers) {
  auto go = std::make_shared<std::atomic<bool>>(false);
  auto done = std::make_shared<std::atomic<bool>>(false);
  {
    asio::io_context loop(1);
    asio::co_spawn(loop, wait_for_helper(go, done), asio::detached);
    loop.poll();
    *go = true;
    go->notify_all();
  }
  EXPECT_TRUE(*done);
}

io::Task<> fail_twice(int* runs) {
  if (++*runs < 3) throw std::runtime_error("not yet");
  co_return;
}

io::Task<> supervise_failing(int* runs, int* runs_once) {
  io::Supervisor supervisor(co_await asio::this_coro::executor);
  supervisor.start("restarted", [runs] { return fail_twice(runs); });
  supervisor.start_once("once", [runs_once] { return fail_twice(runs_once); });
  EXPECT_EQ(supervisor.running(), 2U);
  co_await supervisor.join();
  EXPECT_EQ(supervisor.running(), 0U);
}

TEST(Supervisor, RestartsUntilATaskReturns) {
  int runs = 0;
  int runs_once = 0;
  io::run([&] { return supervise_failing(&runs, &runs_once); });
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(runs_once, 1);
}

io::Task<> sleep_long(bool* unwound) {
  struct Unwound {
    bool* flag;
    ~Unwound() { *flag = true; }
  } guard{unwound};
  co_await io::sleep_for(1h);
}

io::Task<> stop_sleeping(bool* unwound, bool* never_started) {
  io::Supervisor supervisor(co_await asio::this_coro::executor);
  supervisor.start("sleeper", [unwound] { return sleep_long(unwound); });
  co_await io::yield();
  supervisor.stop();
  EXPECT_TRUE(supervisor.stopping());
  supervisor.start("late", [never_started] { return sleep_long(never_started); });
  co_await supervisor.join();
}

TEST(Supervisor, StopCancelsAndJoinWaits) {
  bool unwound = false;
  bool late = false;
  io::run([&] { return stop_sleeping(&unwound, &late); });
  EXPECT_TRUE(unwound);
  EXPECT_FALSE(late);
}

}  // namespace
