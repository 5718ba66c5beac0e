// Background jobs of this module: prunes what ran out and has connected accounts checked.
//
// "accounts.housekeeping" runs every few minutes and queues its own successor first, so that the
// chain outlives a failure; its key names the time slot, so replicas queue it once. It queues one
// "account.check" per account that is due; each account's next check is set with jitter.
#pragma once

#include "accounts/services.h"
#include "jobs/queue.h"

namespace accounts {

class Housekeeping {
 public:
  static constexpr std::chrono::minutes every{5};

  Housekeeping(Services& services, jobs::Queue& queue);

  // Tells the queue who does the jobs. Both objects outlive its run().
  void handle();
  // Starts the chain; harmless when it is running already.
  io::Task<> schedule();

 private:
  io::Task<> keep_house(jobs::Job job);
  io::Task<> check(jobs::Job job);
  io::Task<> prune();
  io::Task<> queue_checks();
  io::Task<> set_next_check(base::AccountId id);

  Services& services_;
  jobs::Queue& queue_;
};

}  // namespace accounts
