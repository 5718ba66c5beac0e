// Wake-ups over PostgreSQL's NOTIFY: nothing else to run, and as near as the database.
//
// A ring is a statement of its own after the commit, never part of the transaction that it speaks
// of: commits that notify queue up behind one another. Rings in quick succession become one. They
// go through any pooler; hearing needs the server itself (db/listener.h). Not thread-safe: one per
// loop.
#pragma once

#include "db/database.h"
#include "db/listener.h"
#include "jobs/wake.h"

#include <set>
#include <string>

namespace jobs {

class PostgresWake final : public Wake {
 public:
  // At least so long between two rings of this process.
  static constexpr std::chrono::milliseconds pause{20};

  // `database` for ringing, `listen_url` for hearing.
  PostgresWake(io::Executor executor, db::Database& database, std::string listen_url);

  io::Task<> run() override;

 protected:
  void carry(std::string_view channel) override;

 private:
  io::Task<> ring_all();
  void notified(const std::string& payload);

  db::Database& database_;
  const std::string own_;  // names this process in what it rings
  std::set<std::string, std::less<>> rung_;
  io::Event rung_event_;
  db::Listener listener_;
};

}  // namespace jobs
