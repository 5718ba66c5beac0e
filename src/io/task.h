// Task<T>: a coroutine on one event loop.
//
// A role runs on one io_context and one thread: tasks interleave only at co_await, so plain data needs no lock. Work that
// blocks or burns CPU goes through io::offload. Parameters of coroutines are values, except services that outlive them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"

namespace asio = boost::asio;

namespace io {

template <class T = void>
using Task = asio::awaitable<T>;

using Executor = asio::any_io_executor;

// Waits on the steady clock. Ends with a thrown boost::system::system_error (operation_aborted) when cancelled.
Task<> sleep_for(std::chrono::nanoseconds time);
// Gives others a turn.
Task<> yield();

// Was this exception a cancellation (a shut-down or a deadline), not a failure?
bool is_cancelled(const std::exception& error);

// A flag that tasks of one loop wait for. notify() wakes all that wait now; a notify with nobody waiting is remembered once.
class Event {
 public:
  explicit Event(Executor executor);
  void notify();
  Task<> wait();
  // True when notified, false when the time ran out.
  Task<bool> wait_for(std::chrono::nanoseconds time);

 private:
  asio::steady_timer timer_;
  bool pending_ = false;
};

// Owns long-running tasks. A task that throws is logged and started again after a pause that doubles from 0.1 s to 30 s;
// one that returns is done. stop() cancels all; join() waits for them.
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

// Runs `work` on the process's pool of helper threads and resumes on the caller's loop.
void run_offloaded(std::function<void()> work);

template <class F>
auto offload(F work) -> Task<decltype(work())> {
  using R = decltype(work());
  Executor loop = co_await asio::this_coro::executor;
  auto finished = co_await asio::async_initiate<decltype(asio::use_awaitable),
                                                void(std::exception_ptr, std::optional<R>)>(
      [&](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        run_offloaded([shared, loop, work = std::move(work)]() mutable {
          std::exception_ptr error;
          std::optional<R> value;
          try {
            value.emplace(work());
          } catch (...) {
            error = std::current_exception();
          }
          asio::post(loop, [shared, error, value = std::move(value)]() mutable {
            std::move (*shared)(error, std::move(value));
          });
        });
      },
      asio::use_awaitable);
  co_return std::move(*finished);
}

// Runs a task to its end on a loop of its own: for one-shot commands and tests.
void run(std::function<Task<>()> main);

}  // namespace io
