// One run() of a queue: the jobs under way, the renewal of their leases, the wish for more.
#pragma once

#include "jobs/queue.h"

#include <set>
#include <string>

namespace jobs {

class Queue::Runner {
 public:
  Runner(Queue& queue, const io::Executor& executor, std::size_t concurrency);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Until cancelled.
  io::Task<> wait();
  // Cancels the jobs; they give themselves back. Not to be cancelled itself.
  io::Task<> stop();

 private:
  io::Task<> claim_until_stopped();
  io::Task<> turn();
  io::Task<> idle(std::optional<base::Duration> until_next);
  io::Task<std::size_t> claim(std::size_t count);
  void start(Claimed claimed);
  io::Task<> run_and_note(Claimed claimed);
  io::Task<> keep_leases();
  io::Task<> tend();

  Queue& queue_;
  const std::size_t concurrency_;
  io::Supervisor
      claiming_;  // not cancelled: a claim that nobody takes over would wait for its lease
  io::Supervisor tasks_;
  io::Event changed_;  // a job ended, or one was queued here
  io::Event never_;
  std::set<std::string> running_;
  bool stopping_ = false;
};

}  // namespace jobs
