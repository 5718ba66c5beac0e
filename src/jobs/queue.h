// A durable queue of background jobs in the database: claim, lease, retry with backoff, rescue of
// what a dead worker held. Knows no domain. Enqueue in the transaction of the data that the job
// concerns.
//
// A job may run more than once (a worker can die after the work and before the mark): handlers must
// be repeatable. What must happen once (publishing) has its own states in posts/ and publishing/.
// One loop; outlives its run() and the handlers' jobs.
#pragma once

#include "base/time.h"
#include "db/database.h"
#include "io/task.h"

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace jobs {

struct Job {
  std::string id;
  std::string kind;     // "account.check"
  std::string payload;  // JSON
  int attempt = 1;
  std::int64_t fence = 0;
};

struct JobOptions {
  base::Instant run_at;
  int attempts_max = 10;
  // When set, a second job with this key is not queued while the first waits. While the first runs
  // one more may be queued: what changed since it began needs another look.
  std::string unique_key;
};

struct QueueSettings {
  std::chrono::milliseconds lease_ttl{60'000};   // renewed at a third of it while the job runs
  std::chrono::milliseconds poll_every{500};     // how late a job of another process may be seen
  std::chrono::milliseconds backoff_min{5'000};  // after the first failure, then doubled
  std::chrono::milliseconds backoff_max{3'600'000};
};

class Queue {
 public:
  using Handler = std::function<io::Task<>(Job)>;  // throws = try again later

  Queue(db::Database& database, const base::Clock& clock, std::string owner,
        QueueSettings settings = {});

  void handle(std::string kind, Handler handler);
  io::Task<> enqueue(db::Session& session, std::string kind, std::string payload,
                     JobOptions options);

  // Claims and runs jobs of the handled kinds until cancelled; `concurrency` at a time. A cancelled
  // run cancels its jobs, gives them back uncounted and then ends.
  io::Task<> run(std::size_t concurrency);
  // Runs what is due now and returns the number of jobs run: one turn of run(), for tests and
  // one-shot commands.
  io::Task<std::size_t> run_due();
  // Jobs of any kind that are due and not running.
  io::Task<std::int64_t> depth();

 private:
  class Runner;
  struct Claimed {
    Job job;
    int attempts_max = 0;
  };

  io::Task<std::vector<Claimed>> claim(std::size_t count);
  // True when the task was cancelled meanwhile.
  io::Task<bool> run_one(Claimed claimed);
  io::Task<> succeed(Job job);
  io::Task<> fail(Claimed claimed, std::string reason);
  io::Task<> give_back(Job job);
  io::Task<> wait_again(Job job, base::Instant run_at, std::string reason);
  // Jobs whose workers died on every attempt have failed; failures of long ago are forgotten.
  io::Task<> sweep();
  io::Task<> renew(std::vector<std::string> ids);
  // Until the next job of a handled kind is due (negative: it is); nothing when none waits.
  io::Task<std::optional<base::Duration>> time_to_next();
  base::Duration backoff(int attempt) const;
  std::string kinds_from(std::size_t first_param) const;
  void add_kinds(db::Params& params) const;

  db::Database& database_;
  const base::Clock& clock_;
  const std::string owner_;
  const QueueSettings settings_;
  std::map<std::string, Handler> handlers_;
  // After an enqueue here the queue is asked often for a moment: when the transaction commits is
  // not for the queue to know.
  std::chrono::steady_clock::time_point hurry_until_;
  io::Event* wake_ = nullptr;  // of the run() that is under way
};

}  // namespace jobs
