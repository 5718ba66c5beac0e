// A durable queue of background jobs in the database: claim, lease, retry with backoff, rescue of what a dead worker held.
// Knows no domain. Enqueue in the transaction of the data that the job concerns.
//
// A job may run more than once (a worker can die after the work and before the mark): handlers must be repeatable. What
// must happen once (publishing) has its own states in posts/ and publishing/.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "base/time.h"
#include "db/database.h"
#include "io/task.h"

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
  std::string unique_key = {};  // when set, a second job with this key is not queued while the first waits
};

class Queue {
 public:
  using Handler = std::function<io::Task<>(Job)>;  // throws = try again later

  Queue(db::Database& database, const base::Clock& clock, std::string owner);

  void handle(std::string kind, Handler handler);
  io::Task<> enqueue(db::Session& session, std::string kind, std::string payload, JobOptions options);

  // Claims and runs jobs of the handled kinds until cancelled; `concurrency` at a time.
  io::Task<> run(std::size_t concurrency);
  // Runs what is due now and returns the number of jobs run: one turn of run(), for tests and one-shot commands.
  io::Task<std::size_t> run_due();
  io::Task<std::int64_t> depth();

 private:
  io::Task<> run_one(Job job, int attempts_max);

  db::Database& database_;
  const base::Clock& clock_;
  std::string owner_;
  std::map<std::string, Handler> handlers_;
};

}  // namespace jobs
