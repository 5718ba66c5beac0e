// What networks let one account publish in a span of time, kept for all workers together: units are
// taken from the database before the attempt is written down, so however many workers race, no
// window of that length ever holds more than the network allows.
//
// A use counts from the moment it is meant to go out. Whoever sends later than in_time takes anew
// first, for others may have taken the time that it has moved into; with the clocks' difference
// that stays below the `slack` that is added to every window. Units come back when surely nothing
// was sent, or the network says that it has nothing; those of a worker that died before its attempt
// was committed come back when the target is taken up again. Takings that come in together are one
// transaction. Not thread-safe: one per loop.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "db/database.h"
#include "io/task.h"
#include "networks/network.h"

#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace publishing {

// One sending of one target.
struct BudgetUse {
  base::AttemptId attempt;
  base::TargetId target;
  base::AccountId account;
  base::Instant at;        // when it is meant to go out
  std::int64_t posts = 1;  // for the network: the parts of a thread
  std::vector<networks::Budget> budgets;
};

struct BudgetFull {
  networks::Budget budget;
  base::Instant until;  // then there is room, as far as is known
};

class Budgets {
 public:
  static constexpr std::chrono::seconds slack{10};
  static constexpr std::chrono::seconds in_time{5};

  // `supervisor` runs the transactions; all outlive this.
  Budgets(io::Executor executor, io::Supervisor& supervisor, db::Database& database,
          const base::Clock& clock);

  // Takes all units or none; what is full is the answer then. What this attempt had before goes
  // either way.
  io::Task<std::optional<BudgetFull>> take(BudgetUse use);
  // Surely nothing was sent.
  io::Task<> give_back(base::AttemptId attempt);
  // Removes what no longer counts.
  io::Task<> forget(base::Instant now);

 private:
  struct Pending;
  struct Counted;
  using Batch = std::vector<std::shared_ptr<Pending>>;
  using Key = std::pair<std::string, std::string>;  // account, budget

  io::Task<> drain();
  io::Task<> serve(Batch batch);
  Batch take_batch();
  io::Task<> take_all(Batch batch);
  io::Task<> lock(db::Session& session, const Batch& batch);
  io::Task<std::map<Key, Counted>> count(db::Session& session, const Batch& batch);
  io::Task<base::Instant> room_at(db::Session& session, Key key, networks::Budget budget,
                                  base::Instant since, std::int64_t need);
  io::Task<> write(db::Session& session, const Batch& batch);

  io::Executor executor_;
  io::Supervisor& supervisor_;
  db::Database& database_;
  const base::Clock& clock_;
  std::deque<std::shared_ptr<Pending>> queue_;
  bool draining_ = false;
  // To whom room was promised, so that those who wait do not all come at once.
  std::map<Key, std::vector<base::Instant>> promised_;
};

}  // namespace publishing
