// Reads that may lag, from a streaming replica of PostgreSQL; everything else, and all reads while
// the replica is away, wrong or too far behind, from the primary.
//
// A Database like any other, so that a domain can be built upon it: single statements go to the
// replica, transactions to the primary. Nobody sees an error of the replica: what fails there is
// asked again at the primary. Who must see his own writes asks has() for the position of his last
// one (position(), after it) and goes to the primary when the answer is no. watch() looks at both
// servers twice a second; before its first look the replica is not used. The address must lead to
// one replica, not to a balancer over several: positions are those of one server. Not thread-safe:
// one per loop; outlives its watch().
#pragma once

#include "db/database.h"
#include "db/position.h"

#include <deque>
#include <memory>
#include <string>

namespace db {

struct ReplicaOptions {
  // Further behind, and reads go to the primary.
  std::chrono::milliseconds lag_max{10'000};
  std::chrono::milliseconds look_every{500};
  // For one answer of the replica, before the primary is asked.
  std::chrono::milliseconds patience{2'000};
};

class ReplicaReads final : public Database {
 public:
  // `primary` outlives it.
  ReplicaReads(Database& primary, std::unique_ptr<Database> replica, ReplicaOptions options);

  io::Task<Rows> execute(std::string sql, Params params = {}) override;
  io::Task<std::unique_ptr<Transaction>> begin() override { return primary_.begin(); }
  Dialect dialect() const override { return primary_.dialect(); }
  PoolState pool() const override { return replica_->pool(); }
  // The replica's connections; the primary is its owner's.
  io::Task<> close() override { return replica_->close(); }

  // Where the log of the primary ends: what was committed before the call lies below. Never throws
  // for a primary that is away; it is beyond_all() then.
  io::Task<Position> position();
  // Will reads from here on see everything below? False when the primary should be asked instead.
  io::Task<bool> has(Position position);

  // Looks until it is cancelled: one supervised task.
  io::Task<> watch();
  // One look.
  io::Task<> look();

  // Why the replica is not used; empty while it is.
  const std::string& trouble() const { return trouble_; }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Seen {
    SteadyTime at;
    Position end;  // of the primary's log, at that time
  };
  struct Standing {
    std::string trouble;
    Position replayed;
    std::string cluster;
  };

  struct Attempt {
    std::optional<Rows> rows;
    std::string trouble;  // of the replica
    std::string refusal;  // of this statement
  };

  io::Task<Attempt> attempt(std::string sql, Params params);
  io::Task<Attempt> attempt_for_ever(std::string sql, Params params);
  io::Task<Standing> ask_replica();
  io::Task<> ask_primary();
  void judge(Standing standing);
  void set_trouble(std::string trouble);

  Database& primary_;
  const std::unique_ptr<Database> replica_;
  const ReplicaOptions options_;
  std::string trouble_ = "not looked at yet";
  std::string cluster_;    // of the primary
  Position replayed_;      // by the replica, as far as we know
  std::deque<Seen> ends_;  // of the primary's log, which the replica has not reached, oldest first
  bool asking_ = false;
};

}  // namespace db
