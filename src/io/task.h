// Task<T>: a coroutine on one event loop.
//
// A role runs on one io_context and one thread: tasks interleave only at co_await, so plain data
// needs no lock. Work that blocks or burns CPU goes through io::offload. Parameters of coroutines
// are values, except services that outlive them.
#pragma once

#include "base/time.h"

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace io {

template <class T = void>
using Task = asio::awaitable<T>;

using Executor = asio::any_io_executor;

// Waits on the steady clock. Ends with a thrown boost::system::system_error (operation_aborted)
// when cancelled.
Task<> sleep_for(std::chrono::nanoseconds time);
// Gives others a turn.
Task<> yield();

// Was this exception a cancellation (a shut-down or a deadline), not a failure?
bool is_cancelled(const std::exception& error);

// A flag that tasks of one loop wait for. notify() wakes all that wait now; a notify with nobody
// waiting is remembered once.
class Event {
 public:
  explicit Event(Executor executor);
  void notify();
  Task<> wait();
  // True when notified, false when the time ran out.
  Task<bool> wait_for(std::chrono::nanoseconds time);

 private:
  struct State;
  static Task<bool> wait_until(std::shared_ptr<State> state,
                               std::chrono::steady_clock::time_point deadline);

  std::shared_ptr<State> state_;  // shared with the waiting tasks, which may outlive the event
};

// Owns long-running tasks. A task that throws is logged and started again after a pause that
// doubles from 0.1 s to 30 s; one that returns is done. stop() cancels all; join() waits for them.
class Supervisor {
 public:
  explicit Supervisor(Executor executor);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  void start(std::string name, std::function<Task<>()> body);
  // Runs once; an exception is logged, not retried.
  void start_once(std::string name, std::function<Task<>()> body);
  void stop();
  Task<> join();
  bool stopping() const;
  std::size_t running() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Runs `work` on the process's pool of helper threads. It must not throw.
void run_offloaded(std::move_only_function<void()> work);

// While the token lives, the loop neither runs out of work nor is destroyed (its destructor waits).
std::shared_ptr<void> hold_loop(const Executor& loop);

// Runs `work` on a helper thread and resumes on the caller's loop with its value or its exception.
// Not cancellable: work that has begun is waited for.
template <class F>
auto offload(F work) -> Task<decltype(work())> {
  using R = decltype(work());
  using Value = std::conditional_t<std::is_void_v<R>, std::monostate, R>;
  Executor loop = co_await asio::this_coro::executor;
  auto initiate = [loop, &work](auto handler) {
    auto resume = std::make_shared<decltype(handler)>(std::move(handler));
    run_offloaded([resume = std::move(resume), loop, hold = hold_loop(loop),
                   work = std::move(work)]() mutable {
      std::exception_ptr error;
      std::optional<Value> value;
      try {
        if constexpr (std::is_void_v<R>) {
          work();
          value.emplace();
        } else {
          value.emplace(work());
        }
      } catch (...) {
        error = std::current_exception();
      }
      asio::post(loop, [resume = std::move(resume), error = std::move(error),
                        value = std::move(value)]() mutable {
        std::move (*resume)(std::move(error), std::move(value));
      });
    });
  };
  auto finished = co_await asio::async_initiate<decltype(asio::use_awaitable),
                                                void(std::exception_ptr, std::optional<Value>)>(
      std::move(initiate), asio::use_awaitable);
  if constexpr (!std::is_void_v<R>) co_return std::move(*finished);
}

// Runs a task to its end on a loop of its own: for one-shot commands and tests. What else still
// runs on the loop then is dropped. Throws what the task threw.
void run(std::function<Task<>()> main);

}  // namespace io
