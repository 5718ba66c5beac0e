// Troubles: tells people of accounts that broke and of posts that need a decision.
//
// It reads them from the database under a lease, each once by its key, so that neither a crash nor
// a second process loses or doubles one; look_soon() only makes it sooner. Not thread-safe: one per
// loop.
#pragma once

#include "jobs/leases.h"
#include "notices/notices.h"

namespace notices {

class Troubles {
 public:
  static constexpr std::chrono::seconds every{15};

  Troubles(io::Executor executor, db::Database& database, jobs::Leases& leases, Notices& notices);

  // Until cancelled.
  io::Task<> run();
  // One turn; the number of notices.
  io::Task<std::size_t> turn();
  void look_soon() { wake_.notify(); }

 private:
  io::Task<std::size_t> tell_of_accounts();
  io::Task<std::size_t> tell_of_decisions();
  io::Task<bool> tell(base::WorkspaceId workspace, Notice notice);

  db::Database& database_;
  jobs::Leases& leases_;
  Notices& notices_;
  io::Event wake_;
};

}  // namespace notices
