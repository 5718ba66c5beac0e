#include "http/call.h"

#include <boost/asio/bind_cancellation_slot.hpp>

namespace http {

io::Task<> Call::run(std::shared_ptr<Call> call) { co_await call->work_(); }

std::shared_ptr<Call> Call::start(const std::shared_ptr<ServerContext>& context,
                                  std::function<io::Task<>()> work, std::function<void()> at_end) {
  auto call = std::make_shared<Call>(context->executor);
  call->work_ = std::move(work);
  call->at_end_ = std::move(at_end);
  ++context->calls;
  asio::co_spawn(
      context->executor, run(call),
      asio::bind_cancellation_slot(call->cancel_.slot(), [call, context](std::exception_ptr error) {
        --context->calls;
        call->failure_ = std::move(error);
        call->is_ended_ = true;
        // What the work holds may hold the call.
        call->work_ = {};
        if (const auto at_end = std::exchange(call->at_end_, {})) at_end();
        call->ended_.notify();
      }));
  return call;
}

void Call::give_up() {
  given_up_ = true;
  cancel();
  ended_.notify();
}

io::Task<bool> Call::wait_for(std::chrono::milliseconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  while (!is_ended_ && !given_up_) {
    if (!co_await ended_.wait_for(deadline - std::chrono::steady_clock::now())) break;
  }
  co_return is_ended_;
}

io::Task<bool> Call::wait() {
  while (!is_ended_ && !given_up_) co_await ended_.wait();
  co_return is_ended_;
}

}  // namespace http
