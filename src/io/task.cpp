#include "io/task.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>

namespace io {

Task<> sleep_for(std::chrono::nanoseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

Task<> yield() { co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable); }

bool is_cancelled(const std::exception& error) {
  const auto* system = dynamic_cast<const boost::system::system_error*>(&error);
  return system != nullptr && system->code() == asio::error::operation_aborted;
}

namespace {

struct Waiter {
  asio::steady_timer timer;
  bool notified = false;
};

}  // namespace

struct Event::State {
  Executor executor;
  std::vector<Waiter*> waiters = {};
  bool pending = false;
};

Event::Event(Executor executor)
    : state_(std::make_shared<State>(State{.executor = std::move(executor)})) {}

void Event::notify() {
  if (state_->waiters.empty()) {
    state_->pending = true;
    return;
  }
  for (Waiter* waiter : std::exchange(state_->waiters, {})) {
    waiter->notified = true;
    waiter->timer.cancel();
  }
}

Task<bool> Event::wait_until(std::shared_ptr<State> state,
                             std::chrono::steady_clock::time_point deadline) {
  if (std::exchange(state->pending, false)) co_return true;

  // A task may be destroyed while it waits (its loop ends), so leaving the list is a destructor's
  // work.
  struct Entry {
    State& state;
    Waiter waiter;
    ~Entry() { std::erase(state.waiters, &waiter); }
  };
  Entry entry{*state, {asio::steady_timer(state->executor, deadline)}};
  state->waiters.push_back(&entry.waiter);

  boost::system::error_code error;
  co_await entry.waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  if (entry.waiter.notified) co_return true;
  if (error) throw boost::system::system_error(error);
  co_return false;
}

Task<> Event::wait() {
  while (!co_await wait_until(state_, std::chrono::steady_clock::time_point::max())) {
  }
}

Task<bool> Event::wait_for(std::chrono::nanoseconds time) {
  return wait_until(state_, std::chrono::steady_clock::now() + time);
}

void run(std::function<Task<>()> main) {
  std::exception_ptr failure;
  asio::io_context loop(1);
  asio::co_spawn(loop, main(), [&](std::exception_ptr error) {
    failure = std::move(error);
    loop.stop();
  });
  loop.run();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace io
