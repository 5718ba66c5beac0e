// Is this process well? Liveness never depends on anything else; readiness asks the database and
// whatever a role adds; start-up is over once the first checks have passed.
#pragma once

#include "base/time.h"
#include "db/database.h"
#include "http/router.h"

#include <functional>
#include <string>
#include <vector>

namespace app {

struct CheckResult {
  bool ok = true;
  std::string message;
};

class Health {
 public:
  Health(std::string role, const base::Clock& clock);

  // From now on the database is part of readiness; it outlives the last request.
  void ask(db::Database& database) { database_ = &database; }

  // /api/health, /api/health/{live,ready,startup}, /automation/health, /metrics, /api/metrics.
  void bind(http::Router& router);
  // A further check of readiness ("publishing", "sources"); must answer at once.
  void add(std::string name, std::function<CheckResult()> check);
  // One that is told and does not count: what it speaks of is a help, not a need.
  void add_aside(std::string name, std::function<CheckResult()> check);

  void set_ready() { started_ = true; }
  void set_draining() { draining_ = true; }
  bool draining() const { return draining_; }

 private:
  struct Named {
    std::string name;
    std::function<CheckResult()> check;
    bool counts = true;
  };
  io::Task<http::Response> summary(bool refuse_when_bad);
  io::Task<CheckResult> check_database();
  io::Task<http::Response> say(bool good);

  std::string role_;
  db::Database* database_ = nullptr;
  const base::Clock& clock_;
  std::vector<Named> checks_;
  bool started_ = false;
  bool draining_ = false;
  // Probes come often and from several sides: one question to the database per second is enough.
  CheckResult database_result_;
  base::Instant database_asked_{};
};

}  // namespace app
