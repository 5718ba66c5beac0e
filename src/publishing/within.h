// An awaited thing with a time limit: what `guarded(task) || limit` does, for a price that only
// those pay who really wait. What is done at once, as most of a burst is, costs neither a timer nor
// a race.
#pragma once

#include "publishing/guarded.h"

#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

namespace publishing {

namespace detail {

template <class T>
struct Run {
  explicit Run(const io::Executor& executor) : ended(executor) {}
  asio::cancellation_signal cancel;
  std::optional<std::expected<T, std::string>> result;
  std::exception_ptr error;
  bool over = false;
  io::Event ended;
};

template <class T>
io::Task<> carry_out(std::shared_ptr<Run<T>> run, io::Task<T> task) {
  try {
    run->result = co_await guarded(std::move(task));
  } catch (...) {
    run->error = std::current_exception();
  }
  run->over = true;
  run->ended.notify();
}

}  // namespace detail

// Nothing when `limit` ended it. Either way, and when the waiting one is cancelled, the task has
// ended when this returns.
template <class T>
io::Task<std::optional<std::expected<T, std::string>>> within(std::function<io::Task<>()> limit,
                                                              io::Task<T> task) {
  using namespace boost::asio::experimental::awaitable_operators;
  const io::Executor executor = co_await asio::this_coro::executor;
  auto run = std::make_shared<detail::Run<T>>(executor);
  asio::co_spawn(executor, detail::carry_out(run, std::move(task)),
                 asio::bind_cancellation_slot(run->cancel.slot(), [run](std::exception_ptr) {}));
  if (run->over && run->result) co_return std::move(run->result);
  std::exception_ptr cancelled;
  try {
    if (!run->over) co_await (run->ended.wait() || limit());
  } catch (...) {
    cancelled = std::current_exception();
  }
  const bool limited = !run->over;
  if (limited) {
    run->cancel.emit(asio::cancellation_type::terminal);
    // Whoever waits here may have been cancelled itself, and waits for the end all the same.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    while (!run->over) co_await run->ended.wait();
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  }
  if (cancelled) std::rethrow_exception(cancelled);
  if (!limited && run->error) std::rethrow_exception(run->error);
  co_return std::move(run->result);
}

}  // namespace publishing
