// Virtual time, and who goes on when: the only place where anything waits.
//
// What will happen stands in one queue, ordered by time; running its head moves the clock there. A
// process that is frozen (SIGSTOP, a paused virtual machine) gets its answers and its timers when
// it is woken, a dead one never. What has left a process (a statement, a request) goes its way
// whatever becomes of the sender.
#pragma once

#include "io/task.h"
#include "random.h"

#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

namespace sim {

// A process of the simulation, as its doors know it.
struct Process {
  std::string name;
  bool alive = true;
  base::Instant frozen_until = {};
  base::Duration clock_offset{0};  // its clock minus the true time
};
using ProcessPtr = std::shared_ptr<Process>;

class Scheduler {
 public:
  using Action = std::move_only_function<void()>;

  Scheduler(asio::io_context& loop, Random& random, base::Instant start);

  base::Instant now() const { return now_; }
  io::Executor executor() const { return loop_.get_executor(); }
  void at(base::Instant time, Action action);
  void after(base::Duration delay, Action action) { at(now_ + delay, std::move(action)); }
  // Wakes what a process waits for, as soon as it can be woken.
  void resume(ProcessPtr process, std::shared_ptr<io::Event> event);
  // A timer of a process. Ends with operation_aborted when the process is dead.
  io::Task<> sleep(ProcessPtr process, base::Duration time);

  // Runs what comes next, and all that follows from it at once; false: nothing is left.
  bool run_next();
  // Runs what is ready without moving the clock.
  void settle();

  // One statement, commit, call of a network or timer.
  void count_step(std::uint64_t kind);
  std::uint64_t steps() const { return steps_; }
  // Differs when anything went differently.
  std::uint64_t fingerprint() const { return fingerprint_; }
  void mix(std::uint64_t value) { fingerprint_ = (fingerprint_ ^ value) * 0x100000001b3U; }

 private:
  struct Entry {
    base::Instant time;
    std::uint64_t number;
    std::shared_ptr<Action> action;
    bool operator>(const Entry& other) const {
      return std::tie(time, number) > std::tie(other.time, other.number);
    }
  };

  asio::io_context& loop_;
  Random& random_;
  base::Instant now_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
  std::uint64_t numbers_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t fingerprint_ = 0xcbf29ce484222325U;
};

// The clock of a process: it may be wrong.
class ProcessClock final : public base::Clock {
 public:
  ProcessClock(const Scheduler& scheduler, ProcessPtr process)
      : scheduler_(scheduler), process_(std::move(process)) {}
  base::Instant now() const override { return scheduler_.now() + process_->clock_offset; }

 private:
  const Scheduler& scheduler_;
  ProcessPtr process_;
};

// What a dead process gets from every door.
[[noreturn]] void throw_dead();

}  // namespace sim
