#include "base/check.h"
#include "io/task.h"

#include <condition_variable>

namespace io {
namespace {

// A few threads for work that blocks or burns CPU. Lives as long as the process: a destructor could
// only wait for work that nobody wants any more.
class Pool {
 public:
  Pool() {
    const unsigned count = std::clamp(std::thread::hardware_concurrency(), 2U, 4U);
    for (unsigned i = 0; i < count; ++i) std::thread([this] { work(); }).detach();
  }

  void add(std::move_only_function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    added_.notify_one();
  }

 private:
  [[noreturn]] void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      added_.wait(lock, [this] { return !jobs_.empty(); });
      std::move_only_function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<std::move_only_function<void()>> jobs_;
};

// Counts the holds on one loop. Services go in the reverse order of their making, so the loop's
// scheduler is still there when this one waits for the helper threads that are about to post to it.
class Holds : public asio::execution_context::service {
 public:
  using key_type = Holds;
  static inline asio::execution_context::id id;

  explicit Holds(asio::execution_context& context) : service(context) {}

  void take() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }

  void release() {
    // Notified under the lock: the waiting destructor may free this object as soon as the lock is
    // free.
    const std::lock_guard lock(mutex_);
    --count_;
    if (count_ == 0) none_.notify_all();
  }

 private:
  void shutdown() override {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

  std::mutex mutex_;
  std::condition_variable none_;
  std::size_t count_ = 0;
};

class Hold {
 public:
  explicit Hold(const Executor& loop)
      : holds_(&asio::use_service<Holds>(asio::query(loop, asio::execution::context))),
        work_(asio::prefer(loop, asio::execution::outstanding_work.tracked)) {
    holds_->take();
  }
  ~Hold() {
    work_ = Executor();
    holds_->release();
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  Holds* holds_;
  Executor work_;
};

}  // namespace

void run_offloaded(std::move_only_function<void()> work) {
  static Pool& pool = *new Pool;
  pool.add(std::move(work));
}

std::shared_ptr<void> hold_loop(const Executor& loop) {
  CHECK(loop);
  return std::make_shared<Hold>(loop);
}

}  // namespace io
