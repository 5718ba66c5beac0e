// A result that something else delivers later: a database thread, a socket, a pool.
//
// One task waits for it, once. The waiter may be cancelled, run out of time or be destroyed;
// whoever delivers then sees abandoned(), and a value that arrives all the same is destroyed with
// the completion. set() and fail() belong to the waiter's loop; abandoned() may be read from any
// thread.
#pragma once

#include "base/check.h"
#include "io/task.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>

namespace db {

template <class T>
class Completion {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  explicit Completion(const io::Executor& executor) : timer_(executor) {}

  void set(T value) {
    value_.emplace(std::move(value));
    timer_.cancel();
  }
  void fail(std::exception_ptr error) {
    error_ = std::move(error);
    timer_.cancel();
  }
  bool done() const { return value_.has_value() || error_ != nullptr; }
  const std::atomic<bool>& abandoned() const { return abandoned_; }

  // The value, or nothing when the deadline passes first (and then one may wait again); throws what
  // fail() was given, and operation_aborted when the waiting task is cancelled.
  static io::Task<std::optional<T>> wait_until(std::shared_ptr<Completion> self,
                                               Deadline deadline) {
    Abandonment abandonment{*self};
    if (!self->done()) {
      boost::system::error_code error;
      self->timer_.expires_at(deadline);
      co_await self->timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      if (!self->done() && error) throw boost::system::system_error(error);
    }
    abandonment.waits = false;
    if (self->error_) std::rethrow_exception(self->error_);
    co_return std::exchange(self->value_, std::nullopt);
  }

  static io::Task<T> wait(std::shared_ptr<Completion> self) {
    std::optional<T> value = co_await wait_until(std::move(self), Deadline::max());
    CHECK(value.has_value());  // that deadline does not pass
    co_return std::move(*value);
  }

 private:
  struct Abandonment {
    Completion& completion;
    bool waits = true;
    ~Abandonment() {
      if (waits) completion.abandoned_ = true;
    }
  };

  asio::steady_timer timer_;
  std::optional<T> value_;
  std::exception_ptr error_;
  std::atomic<bool> abandoned_ = false;
};

}  // namespace db
