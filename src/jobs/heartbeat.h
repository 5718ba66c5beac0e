// Which processes are alive: each writes its row every few seconds; readiness and alerts read them.
#pragma once

#include "base/time.h"
#include "db/database.h"
#include "io/task.h"

#include <chrono>
#include <string>
#include <vector>

namespace jobs {

struct Process {
  std::string name;  // unique: role, host and process id, or an id made at the start
  std::string role;
  std::string version;
  std::string host;
  base::Instant started_at;
  base::Instant seen_at;
};

class Heartbeat {
 public:
  static constexpr std::chrono::seconds every{5};
  // After three beats that did not come, a process counts as dead.
  static constexpr std::chrono::seconds alive_for{15};

  // `self` without its times: it starts now.
  Heartbeat(db::Database& database, const base::Clock& clock, Process self);

  io::Task<> beat();
  // Beats until cancelled; a database that is away is for the supervisor to log and retry.
  io::Task<> run();
  // A clean stop: gone at once instead of after `alive_for`.
  io::Task<> leave();

 private:
  io::Task<> forget_old() const;

  db::Database& database_;
  const base::Clock& clock_;
  Process self_;
};

// The processes that were seen lately, by role and name.
io::Task<std::vector<Process>> live_processes(
    db::Session& session, base::Instant now,
    std::chrono::milliseconds seen_within = Heartbeat::alive_for);

}  // namespace jobs
