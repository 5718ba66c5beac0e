// The rows behind the renewal of credentials: which are due, and the saving that never takes newer
// ones away. Who renews, and how often it is tried, is publishing/renewals.h.
#include "accounts/accounts.h"
#include "accounts/credentials.h"
#include "base/text.h"

namespace accounts {

namespace {

constexpr std::string_view lease_prefix = "renew:";
constexpr int tries_max = 16;
constexpr std::string_view renewal_columns =
    "id, network, version, renew_failures, CASE WHEN renew_at > 0 THEN renew_due_at END AS due";
// A broken account has nothing to renew with; one that is paused wants to go on some day.
constexpr std::string_view is_due = "renew_at <= $1 AND state IN ('connected', 'paused')";

Accounts::ToRenew read_renewal(const db::Row& row) {
  return {.account = row["id"].id<base::AccountId>(),
          .network = row["network"].text(),
          .version = row["version"].integer(),
          .failures = static_cast<int>(row["renew_failures"].integer()),
          .due = row["due"].optional_instant()};
}

// Of `renewed` what nobody else has changed since `before`.
json::object unless_changed(const json::object& renewed, const json::object& before,
                            const json::object& known) {
  json::object ours;
  for (const auto& [name, value] : renewed) {
    const json::value* was = before.if_contains(name);
    const json::value* is = known.if_contains(name);
    const bool same = (was == nullptr) == (is == nullptr) && (was == nullptr || *was == *is);
    if (same) ours[name] = value;
  }
  return ours;
}

}  // namespace

std::string Accounts::renewal_lease(const base::AccountId& id) {
  return std::string(lease_prefix) + id.value;
}

io::Task<std::vector<Accounts::ToRenew>> Accounts::to_renew(base::Instant now, std::size_t limit) {
  const db::Rows rows = co_await database_.execute(
      fmt::format("SELECT {} FROM accounts WHERE {} ORDER BY renew_at, id LIMIT {}",
                  renewal_columns, is_due, limit),
      {now});
  std::vector<ToRenew> due;
  for (const db::Row& row : rows) due.push_back(read_renewal(row));
  co_return due;
}

io::Task<std::optional<Accounts::ToRenew>> Accounts::still_to_renew(base::AccountId id,
                                                                    base::Instant now) {
  const db::Rows rows = co_await database_.execute(
      fmt::format("SELECT {} FROM accounts WHERE {} AND id = $2", renewal_columns, is_due),
      {now, id});
  if (rows.empty()) co_return std::nullopt;
  co_return read_renewal(rows[0]);
}

io::Task<> Accounts::plan_renewal(ToRenew account, std::optional<base::Instant> at,
                                  std::optional<base::Instant> due, int failures) {
  co_await database_.execute(
      "UPDATE accounts SET renew_at = $3, renew_due_at = $4, renew_failures = $5 "
      "WHERE id = $1 AND version = $2 AND state <> 'disconnected'",
      {account.account, account.version, at, due, failures});
}

io::Task<bool> Accounts::save_renewed(base::AccountId id, json::object before,
                                      json::object renewed) {
  for (int tries = 0; tries < tries_max; ++tries) {
    const db::Rows rows = co_await database_.execute(
        "SELECT credentials, version FROM accounts WHERE id = $1 AND state <> 'disconnected'",
        {id});
    if (rows.empty()) co_return false;
    const json::object known = unseal(id, rows[0]["credentials"].text()).value_or(json::object{});
    const json::object merged = merge_credentials(known, unless_changed(renewed, before, known));
    const db::Rows updated = co_await database_.execute(
        "UPDATE accounts SET credentials = $3, version = version + 1, renew_at = 0, "
        "renew_failures = 0 WHERE id = $1 AND version = $2 AND state <> 'disconnected' "
        "RETURNING id",
        {id, rows[0]["version"], seal(id, merged)});
    if (!updated.empty()) co_return true;
  }
  throw base::Unavailable("renewed credentials could not be saved: too many at the same time");
}

io::Task<std::map<std::string, base::Instant>> Accounts::renewals_due() {
  const db::Rows rows = co_await database_.execute(
      "SELECT network, MIN(renew_due_at) AS due FROM accounts WHERE renew_at IS NOT NULL "
      "AND renew_due_at IS NOT NULL AND state IN ('connected', 'paused') GROUP BY network");
  std::map<std::string, base::Instant> due;
  for (const db::Row& row : rows) due.emplace(row["network"].text(), row["due"].instant());
  co_return due;
}

io::Task<bool> Accounts::renewed_since(base::AccountId id, std::int64_t version) {
  const db::Rows rows = co_await database_.execute(
      "SELECT version, (SELECT COUNT(*) FROM leases WHERE name = $2 AND lease_until > $3) AS held "
      "FROM accounts WHERE id = $1 AND state <> 'disconnected'",
      {id, renewal_lease(id), clock_.now()});
  co_return !rows.empty() && (rows[0]["version"].integer() != version || rows[0]["held"].boolean());
}

}  // namespace accounts
