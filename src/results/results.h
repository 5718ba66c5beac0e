// What came of the posts of each account, read back a day after they went out, where the network
// tells it (networks/results.h); and the best times that follow from it.
//
// One process reads at a time (a lease), a bounded number of posts of an account in a turn, each
// post once. A network that does not answer is asked again in a later turn. One loop.
#pragma once

#include "accounts/accounts.h"
#include "base/time.h"
#include "db/database.h"
#include "jobs/leases.h"
#include "networks/results.h"
#include "results/best_times.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace results {

struct Reactions {
  std::int64_t likes = 0;
  std::int64_t reposts = 0;
  std::int64_t replies = 0;
  bool operator==(const Reactions&) const = default;
};

class Results {
 public:
  static constexpr std::chrono::minutes every{10};
  static constexpr std::chrono::minutes lease_ttl{5};
  static constexpr std::chrono::hours settled_after{24};  // most reactions are there by then
  static constexpr std::chrono::days back_max{180};
  static constexpr std::size_t accounts_at_once = 100;

  using Read = std::function<io::Task<networks::PostResults>(networks::Context, networks::Account,
                                                             std::vector<std::string>)>;

  // `read` is networks::read_results in the program.
  Results(db::Database& database, const base::Clock& clock, accounts::Accounts& accounts,
          networks::Context context, Read read = networks::read_results);

  // Until cancelled.
  io::Task<> run(jobs::Leases& leases);
  // The next accounts in the round; how many posts were read.
  io::Task<std::size_t> turn();

  // Newest first, of the last back_max.
  io::Task<std::vector<Outcome>> outcomes(base::AccountId account);
  // By target; of those that were read and are still there.
  io::Task<std::map<std::string, Reactions>> reactions(std::vector<base::TargetId> targets);
  // Does its network tell?
  static bool tells(const std::string& network);

 private:
  io::Task<std::size_t> read_account(base::AccountId account);
  io::Task<> save(base::AccountId account, const db::Rows& posts,
                  const std::vector<networks::PostResult>& results);

  db::Database& database_;
  const base::Clock& clock_;
  accounts::Accounts& accounts_;
  networks::Context context_;
  Read read_;
  base::AccountId read_after_;  // where the round goes on
};

}  // namespace results
