#include "scheduler.h"

#include "own_world.h"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace sim {

Scheduler::Scheduler(asio::io_context& loop, Random& random, base::Instant start)
    : loop_(loop), random_(random), now_(start) {
  set_time(now_);
}

void Scheduler::at(base::Instant time, Action action) {
  queue_.push({.time = std::max(time, now_),
               .number = numbers_++,
               .action = std::make_shared<Action>(std::move(action))});
}

void Scheduler::resume(ProcessPtr process, std::shared_ptr<io::Event> event) {
  if (!process->alive) return;
  if (process->frozen_until > now_) {
    const base::Duration jitter = random_.between(base::Duration{0}, base::Duration{2'000});
    at(process->frozen_until + jitter, [this, process, event] { resume(process, event); });
    return;
  }
  event->notify();
}

io::Task<> Scheduler::sleep(ProcessPtr process, base::Duration time) {
  if (!process->alive) throw_dead();
  auto event = std::make_shared<io::Event>(executor());
  // A sleep that was cancelled leaves an entry that wakes nobody.
  at(now_ + time, [this, process, waiting = std::weak_ptr(event)] {
    if (auto sleeper = waiting.lock()) {
      count_step(1);
      resume(process, std::move(sleeper));
    }
  });
  co_await event->wait();
  if (!process->alive) throw_dead();
}

bool Scheduler::run_next() {
  if (queue_.empty()) return false;
  const Entry next = queue_.top();
  queue_.pop();
  now_ = next.time;
  set_time(now_);
  // On the loop, as everything in the program: a task that is started there begins at once.
  asio::post(loop_, [action = next.action] { (*action)(); });
  settle();
  return true;
}

void Scheduler::settle() {
  loop_.restart();
  loop_.poll();
}

void Scheduler::count_step(std::uint64_t kind) {
  ++steps_;
  mix(static_cast<std::uint64_t>(base::to_micros(now_)) * 31 + kind);
}

void throw_dead() { throw boost::system::system_error(asio::error::operation_aborted); }

}  // namespace sim
