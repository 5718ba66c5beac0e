// What came of each task, in the database: the reason why a task is carried out once.
//
// The id of the task is the primary key. The line of a task that makes a post is written in the
// post's own transaction; a second delivery finds it, or loses the race for it, and answers the
// same. What was revoked stands there too, so that every worker knows, however often it was
// restarted.
#pragma once

#include "base/time.h"
#include "celery/outcome.h"
#include "db/database.h"

#include <optional>
#include <string>
#include <vector>

namespace celery {

class Ledger {
 public:
  struct Line {
    std::string task;
    std::string name;
    Outcome outcome;
    std::string post = {};
  };

  Ledger(db::Database& database, const base::Clock& clock);

  io::Task<std::optional<Outcome>> find(std::string task);
  // In the session of the caller; an error (409) when there is a line for this task already.
  io::Task<base::Result<void>> write(db::Session& session, Line line);
  // Writes the line unless there is one; what stands there now.
  io::Task<Outcome> settle(Line line);
  // Those of the tasks that are not done yet will not be.
  io::Task<> revoke(std::vector<std::string> tasks);
  io::Task<std::vector<std::string>> revoked(std::int64_t count_max);
  // Forgets what is too old to be delivered again.
  io::Task<> prune();

 private:
  db::Database& database_;
  const base::Clock& clock_;
};

}  // namespace celery
