#include "jobs/runner.h"

#include "base/log.h"

namespace jobs {
namespace {

constexpr std::chrono::milliseconds hurry_step{10};
constexpr std::chrono::milliseconds stop_patience{1'000};
constexpr std::chrono::seconds tend_every{10};

}  // namespace

Queue::Runner::Runner(Queue& queue, const io::Executor& executor, std::size_t concurrency)
    : queue_(queue),
      concurrency_(concurrency),
      claiming_(executor),
      tasks_(executor),
      changed_(executor),
      never_(executor) {
  queue_.wake_ = &changed_;
  claiming_.start("jobs.claim", [this] { return claim_until_stopped(); });
  tasks_.start("jobs.keep_leases", [this] { return keep_leases(); });
  tasks_.start("jobs.tend", [this] { return tend(); });
}

Queue::Runner::~Runner() { queue_.wake_ = nullptr; }

io::Task<> Queue::Runner::wait() { co_await never_.wait(); }

io::Task<> Queue::Runner::claim_until_stopped() {
  while (!stopping_) co_await turn();
}

io::Task<> Queue::Runner::turn() {
  if (running_.size() >= concurrency_) {
    co_await changed_.wait();
    co_return;
  }
  // Looking is cheap, claiming takes SQLite's one writer.
  std::optional<base::Duration> until_next = co_await queue_.time_to_next();
  if (until_next && until_next->count() <= 0) {
    const std::size_t claimed = co_await claim(concurrency_ - running_.size());
    if (claimed > 0) co_return;
    until_next.reset();  // another worker was quicker
  }
  if (!stopping_) co_await idle(until_next);
}

io::Task<std::size_t> Queue::Runner::claim(std::size_t count) {
  std::vector<Claimed> claimed = co_await queue_.claim(count);
  for (Claimed& one : claimed) {
    if (stopping_) {
      co_await queue_.give_back(std::move(one.job));
    } else {
      start(std::move(one));
    }
  }
  co_return claimed.size();
}

io::Task<> Queue::Runner::idle(std::optional<base::Duration> until_next) {
  const bool hurry = std::chrono::steady_clock::now() < queue_.hurry_until_;
  std::chrono::milliseconds pause = hurry ? hurry_step : queue_.settings_.poll_every;
  if (until_next)
    pause = std::min(pause, std::chrono::ceil<std::chrono::milliseconds>(*until_next));
  co_await changed_.wait_for(pause);
}

void Queue::Runner::start(Claimed claimed) {
  running_.insert(claimed.job.id);
  const std::string kind = claimed.job.kind;
  tasks_.start_once("job " + kind,
                    [this, claimed = std::move(claimed)] { return run_and_note(claimed); });
}

io::Task<> Queue::Runner::run_and_note(Claimed claimed) {
  struct Ended {
    Runner& runner;
    std::string id;
    ~Ended() {
      runner.running_.erase(id);
      runner.changed_.notify();
    }
  } const ended{*this, claimed.job.id};
  co_await queue_.run_one(std::move(claimed));
}

io::Task<> Queue::Runner::keep_leases() {
  for (;;) {
    co_await io::sleep_for(queue_.settings_.lease_ttl / 3);
    std::vector<std::string> ids(running_.begin(), running_.end());
    if (!ids.empty()) co_await queue_.renew(std::move(ids));
  }
}

io::Task<> Queue::Runner::tend() {
  for (;;) {
    co_await queue_.sweep();
    co_await queue_.depth();
    co_await io::sleep_for(tend_every);
  }
}

io::Task<> Queue::Runner::stop() {
  stopping_ = true;
  const auto give_up = std::chrono::steady_clock::now() + stop_patience;
  while (claiming_.running() > 0 && std::chrono::steady_clock::now() < give_up) {
    changed_.notify();
    co_await io::sleep_for(std::chrono::milliseconds(1));
  }
  claiming_.stop();
  co_await claiming_.join();
  tasks_.stop();
  co_await tasks_.join();
}

}  // namespace jobs
