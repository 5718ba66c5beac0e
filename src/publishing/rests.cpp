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

io::Task<> Rests::learn(NetworkRest rest) {
  co_await database_.execute(
      "INSERT INTO network_rests (network, until_at, times) VALUES ($1, $2, $3) ON CONFLICT"
      " (network) DO UPDATE SET until_at = excluded.until_at, times = excluded.times,"
      " probe_until = 0 WHERE excluded.until_at > network_rests.until_at",
      {rest.network, rest.until, rest.times});
}

io::Task<> Rests::end(std::string network) {
  co_await database_.execute("DELETE FROM network_rests WHERE network = $1", {network});
}

io::Task<std::vector<NetworkRest>> Rests::networks() {
  const auto rows = co_await database_.execute(
      "SELECT network, until_at, times, probe_until FROM network_rests ORDER BY network");
  std::vector<NetworkRest> rests;
  for (const db::Row& row : rows) {
    rests.push_back({.network = row["network"].text(),
                     .until = row["until_at"].instant(),
                     .times = static_cast<int>(row["times"].integer()),
                     .probe_until = row["probe_until"].instant()});
  }
  co_return rests;
}

io::Task<bool> Rests::take_probe(std::string network, base::Instant now, base::Instant until) {
  const auto rows = co_await database_.execute(
      "UPDATE network_rests SET prober = $2, probe_until = $4 WHERE network = $1"
      " AND until_at <= $3 AND probe_until <= $3 RETURNING network",
      {network, owner_, now, until});
  co_return !rows.empty();
}

io::Task<> Rests::give_probe_back(std::string network) {
  co_await database_.execute(
      "UPDATE network_rests SET probe_until = 0 WHERE network = $1 AND prober = $2",
      {network, owner_});
}

}  // namespace publishing
