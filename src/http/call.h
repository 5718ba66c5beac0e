// A handler or a stream that runs beside its connection, so that the connection can give it up: at
// a deadline, when the client leaves, when the server stops. A call that was given up is cancelled
// and ends in its own time.
#pragma once

#include "http/server_context.h"

#include <exception>
#include <functional>
#include <memory>

#include <boost/asio/cancellation_signal.hpp>

namespace http {

class Call {
 public:
  // `at_end` runs right when the work is over.
  static std::shared_ptr<Call> start(const std::shared_ptr<ServerContext>& context,
                                     std::function<io::Task<>()> work,
                                     std::function<void()> at_end = {});

  explicit Call(const io::Executor& executor) : ended_(executor) {}

  bool ended() const { return is_ended_; }
  const std::exception_ptr& failure() const { return failure_; }
  void cancel() { cancel_.emit(asio::cancellation_type::terminal); }
  // Cancels, and ends the waiting for it at once.
  void give_up();
  // True when the work has ended; false when the time ran out or it was given up.
  io::Task<bool> wait_for(std::chrono::milliseconds time);
  io::Task<bool> wait();

 private:
  static io::Task<> run(std::shared_ptr<Call> call);

  std::function<io::Task<>()> work_;
  std::function<void()> at_end_;
  io::Event ended_;
  asio::cancellation_signal cancel_;
  std::exception_ptr failure_;
  bool is_ended_ = false;
  bool given_up_ = false;
};

}  // namespace http
