#include "results/results.h"

#include "base/log.h"
#include "db/given.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace results {

Results::Results(db::Database& database, const base::Clock& clock, accounts::Accounts& accounts,
                 networks::Context context, Read read)
    : database_(database),
      clock_(clock),
      accounts_(accounts),
      context_(std::move(context)),
      read_(std::move(read)) {}

bool Results::tells(const std::string& network) {
  const auto& ids = networks::networks_with_results();
  return std::ranges::find(ids, network) != ids.end();
}

io::Task<> Results::run(jobs::Leases& leases) {
  while (true) {
    if (const auto lease = co_await leases.acquire("results.read", lease_ttl)) {
      co_await turn();
      co_await leases.release(*lease);
    }
    co_await io::sleep_for(every);
  }
}

io::Task<std::size_t> Results::turn() {
  db::Params params{read_after_};
  std::string networks;
  for (const std::string& id : networks::networks_with_results()) {
    params.emplace_back(id);
    networks += fmt::format("{}${}", networks.empty() ? "" : ", ", params.size());
  }
  const auto accounts = co_await database_.execute(
      fmt::format("SELECT id FROM accounts WHERE id > $1 AND state = 'connected' AND network IN"
                  " ({}) ORDER BY id LIMIT {}",
                  networks, accounts_at_once),
      std::move(params));
  read_after_ = accounts.size() < accounts_at_once
                    ? base::AccountId{}
                    : accounts[accounts.size() - 1][0].id<base::AccountId>();
  std::size_t count = 0;
  for (const db::Row& row : accounts) {
    count += co_await read_account(row[0].id<base::AccountId>());
  }
  co_return count;
}

io::Task<std::size_t> Results::read_account(base::AccountId account) {
  const base::Instant now = clock_.now();
  const auto posts = co_await database_.execute(
      fmt::format("SELECT targets.id, targets.remote_id, targets.published_at FROM targets LEFT"
                  " JOIN post_results ON post_results.target_id = targets.id WHERE"
                  " targets.account_id = $1 AND targets.due_at > $2 AND targets.due_at < $3 AND"
                  " targets.state = 'published' AND targets.part = 0 AND targets.remote_id <> ''"
                  " AND targets.published_at < $3 AND post_results.target_id IS NULL"
                  " ORDER BY targets.due_at DESC LIMIT {}",
                  networks::results_at_once),
      {account, now - back_max, now - settled_after});
  if (posts.empty()) co_return 0;
  auto opened = co_await accounts_.open(account);
  if (!opened) co_return 0;
  std::vector<std::string> ids;
  for (const db::Row& row : posts) ids.push_back(row["remote_id"].text());
  const auto results = co_await read_(context_, std::move(*opened), std::move(ids));
  if (!results) {
    base::log_info("results_not_read", {{"account.id", account.value}});
    co_return 0;
  }
  co_await save(account, posts, *results);
  co_return posts.size();
}

// What is gone is known too, and counts for nothing.
io::Task<> Results::save(base::AccountId account, const db::Rows& posts,
                         const std::vector<networks::PostResult>& results) {
  std::map<std::string, const networks::PostResult*> found;
  for (const networks::PostResult& result : results) found[result.remote_id] = &result;
  const auto transaction = co_await database_.begin();
  for (const db::Row& row : posts) {
    const auto result = found.find(row["remote_id"].text());
    const networks::PostResult told =
        result == found.end() ? networks::PostResult{} : *result->second;
    co_await transaction->execute(
        "INSERT INTO post_results (target_id, account_id, published_at, gone, likes, reposts,"
        " replies, read_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (target_id)"
        " DO NOTHING",
        {row["id"], account, row["published_at"], result == found.end(), told.likes, told.reposts,
         told.replies, clock_.now()});
  }
  co_await transaction->commit();
}

io::Task<std::vector<Outcome>> Results::outcomes(base::AccountId account) {
  const auto rows = co_await database_.execute(
      "SELECT published_at, likes + reposts + replies AS reactions FROM post_results WHERE"
      " account_id = $1 AND gone = 0 AND published_at > $2 ORDER BY published_at DESC LIMIT 2000",
      {account, clock_.now() - back_max});
  std::vector<Outcome> outcomes;
  for (const db::Row& row : rows) {
    outcomes.push_back(
        {.published_at = row["published_at"].instant(), .reactions = row["reactions"].integer()});
  }
  co_return outcomes;
}

io::Task<std::map<std::string, Reactions>> Results::reactions(std::vector<base::TargetId> targets) {
  std::map<std::string, Reactions> told;
  if (targets.empty()) co_return told;
  db::GivenRows given(database_.dialect(), {{"id", db::Column::text}});
  for (const base::TargetId& target : targets) given.add({target});
  const auto rows = co_await database_.execute(
      "WITH " + given.table() +
          " SELECT target_id, likes, reposts, replies FROM given JOIN post_results ON target_id ="
          " given.id WHERE gone = 0",
      given.take());
  for (const db::Row& row : rows) {
    told[row["target_id"].text()] = {.likes = row["likes"].integer(),
                                     .reposts = row["reposts"].integer(),
                                     .replies = row["replies"].integer()};
  }
  co_return told;
}

}  // namespace results
