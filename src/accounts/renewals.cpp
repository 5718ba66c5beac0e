// The rows behind the renewal of credentials: which are due, and the saving that never takes newer
// ones away. Who renews, and how often it is tried, is publishing/renewals.h.
#include "accounts/accounts.h"
#include "accounts/credentials.h"
#include "base/text.h"

namespace accounts {

namespace {

constexpr std::string_view lease_prefix = "renew:";

}  // namespace

std::string Accounts::renewal_lease(const base::AccountId& id) {
  return std::string(lease_prefix) + id.value;
}

io::Task<std::vector<Accounts::ToRenew>> Accounts::to_renew(base::Instant now, std::size_t limit) {
  // A broken account has nothing to renew with; one that is paused wants to go on some day.
  const db::Rows rows = co_await database_.execute(
      fmt::format("SELECT id, network, version, renew_failures FROM accounts WHERE renew_at <= $1 "
                  "AND state IN ('connected', 'paused') ORDER BY renew_at, id LIMIT {}",
                  limit),
      {now});
  std::vector<ToRenew> due;
  for (const db::Row& row : rows) {
    due.push_back({.account = row["id"].id<base::AccountId>(),
                   .network = row["network"].text(),
                   .version = row["version"].integer(),
                   .failures = static_cast<int>(row["renew_failures"].integer())});
  }
  co_return due;
}

io::Task<> Accounts::plan_renewal(ToRenew account, std::optional<base::Instant> at,
                                  std::optional<base::Instant> due, int failures) {
  co_await database_.execute(
      "UPDATE accounts SET renew_at = $3, renew_due_at = $4, renew_failures = $5 "
      "WHERE id = $1 AND version = $2 AND state <> 'disconnected'",
      {account.account, account.version, at, due, failures});
}

io::Task<bool> Accounts::save_renewed(ToRenew account, json::object credentials) {
  const db::Rows rows = co_await database_.execute(
      "SELECT credentials FROM accounts WHERE id = $1 AND version = $2 AND state <> 'disconnected'",
      {account.account, account.version});
  if (rows.empty()) co_return false;
  const json::object known =
      unseal(account.account, rows[0]["credentials"].text()).value_or(json::object{});
  const db::Rows updated = co_await database_.execute(
      "UPDATE accounts SET credentials = $3, version = version + 1, renew_at = 0, "
      "renew_failures = 0 WHERE id = $1 AND version = $2 AND state <> 'disconnected' RETURNING id",
      {account.account, account.version,
       seal(account.account, merge_credentials(known, credentials))});
  co_return !updated.empty();
}

io::Task<> Accounts::mark_broken(base::AccountId id, std::string reason, std::int64_t version) {
  const db::Rows same = co_await database_.execute(
      "SELECT 1 FROM accounts WHERE id = $1 AND version = $2", {id, version});
  if (!same.empty()) co_await mark_broken(std::move(id), std::move(reason));
}

io::Task<bool> Accounts::renewed_since(base::AccountId id, std::int64_t version) {
  const db::Rows rows = co_await database_.execute(
      "SELECT version, (SELECT COUNT(*) FROM leases WHERE name = $2 AND lease_until > $3) AS held "
      "FROM accounts WHERE id = $1 AND state <> 'disconnected'",
      {id, renewal_lease(id), clock_.now()});
  co_return !rows.empty() && (rows[0]["version"].integer() != version || rows[0]["held"].boolean());
}

}  // namespace accounts
