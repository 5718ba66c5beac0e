// Runs a task within a trace: whatever it does, after each of its waits too, finds the trace by
// base::current_trace().
//
// An executor that opens the scope around every piece of work that it is given. Tasks interleave on
// one thread, so a variable of the thread alone would follow whichever task ran last.
#pragma once

#include "base/trace_scope.h"
#include "io/task.h"

#include <type_traits>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution.hpp>

namespace io {

class TracedExecutor {
 public:
  TracedExecutor(Executor inner, base::TraceScopePtr trace)
      : inner_(std::move(inner)), trace_(std::move(trace)) {}

  bool operator==(const TracedExecutor& other) const noexcept {
    return inner_ == other.inner_ && trace_ == other.trace_;
  }

  template <class Property>
    requires asio::can_query<const Executor&, Property>::value
  decltype(auto) query(const Property& property) const {  // contexts are references
    return asio::query(inner_, property);
  }
  template <class Property>
    requires asio::can_require<const Executor&, Property>::value
  TracedExecutor require(const Property& property) const {
    return {asio::require(inner_, property), trace_};
  }
  template <class Property>
    requires asio::can_prefer<const Executor&, Property>::value
  TracedExecutor prefer(const Property& property) const {
    return {asio::prefer(inner_, property), trace_};
  }

  template <class Work>
  void execute(Work&& work) const {
    inner_.execute([trace = trace_, work = std::forward<Work>(work)]() mutable {
      const base::EnterTrace entered(std::move(trace));
      std::move(work)();
    });
  }

 private:
  Executor inner_;
  base::TraceScopePtr trace_;
};

// With a null scope: just the task.
template <class T>
Task<T> within_trace(base::TraceScopePtr trace, Task<T> task) {
  if (!trace) co_return co_await std::move(task);
  co_return co_await asio::co_spawn(
      TracedExecutor(co_await asio::this_coro::executor, std::move(trace)), std::move(task),
      asio::use_awaitable);
}

}  // namespace io
