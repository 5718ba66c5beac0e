#include "publishing/rests.h"

#include <fmt/format.h>

namespace publishing {

io::Task<> Rests::learn(AccountRest rest) {
  co_await database_.execute(
      "INSERT INTO account_rests (account_id, until_at) VALUES ($1, $2) ON CONFLICT (account_id)"
      " DO UPDATE SET until_at = excluded.until_at"
      " WHERE excluded.until_at > account_rests.until_at",
      {rest.account, rest.until});
}

io::Task<std::vector<AccountRest>> Rests::known(base::Instant now) {
  const auto rows = co_await database_.execute(
      fmt::format("SELECT account_id, until_at FROM account_rests WHERE until_at > $1"
                  " ORDER BY until_at DESC LIMIT {}",
                  known_max),
      {now});
  std::vector<AccountRest> rests;
  for (const db::Row& row : rows) {
    rests.push_back(
        {.account = row["account_id"].id<base::AccountId>(), .until = row["until_at"].instant()});
  }
  co_return rests;
}

io::Task<> Rests::forget(base::Instant now) {
  co_await database_.execute("DELETE FROM account_rests WHERE until_at <= $1", {now});
}

}  // namespace publishing
