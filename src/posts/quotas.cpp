#include "posts/quotas.h"

#include <algorithm>

#include <fmt/format.h>

namespace posts {

namespace {

std::string span_in_words(std::chrono::seconds window) {
  using namespace std::chrono_literals;
  if (window == 24h) return "a day";
  if (window == 1h) return "an hour";
  if (window % 24h == 0s) return fmt::format("{} days", window / 24h);
  if (window % 1h == 0s) return fmt::format("{} hours", window / 1h);
  if (window == 1min) return "a minute";
  if (window % 1min == 0s) return fmt::format("{} minutes", window / 1min);
  return fmt::format("{} seconds", window.count());
}

// The most posts that go, or went, to the account in any window that the new ones fall into. A
// thread that another post sends in one request counts once: this is a warning, not the account.
io::Task<std::int64_t> fullest(db::Session& session, base::AccountId account, Planned planned,
                               base::Duration window) {
  std::string sql = fmt::format(
      "WITH uses AS (SELECT COALESCE(published_at, due_at) AS used_at, 1 AS posts FROM targets"
      " WHERE account_id = $1 AND post_id <> $2 AND due_at > $3 AND due_at < $4"
      " AND state NOT IN ('draft', 'rejected', 'cancelled', 'missed')"
      " UNION ALL SELECT CAST($5 AS BIGINT), CAST($6 AS BIGINT))"
      " SELECT CAST(MAX(posts) AS BIGINT) FROM (SELECT used_at, SUM(posts) OVER (ORDER BY used_at "
      "RANGE BETWEEN {}"
      " PRECEDING AND CURRENT ROW) AS posts FROM uses) AS windows WHERE used_at >= $5",
      window.count() - 1);
  const auto rows = co_await session.execute(
      std::move(sql), {account, planned.self.value_or(base::PostId{}), planned.due - window,
                       planned.due + window, planned.due, planned.posts});
  co_return rows[0][0].is_null() ? planned.posts : rows[0][0].integer();
}

}  // namespace

std::string in_words(std::string_view network_label, const networks::Budget& budget) {
  const std::int64_t posts = budget.units / std::max<std::int64_t>(budget.cost, 1);
  return fmt::format("{} allows {} post{} in {}", network_label, posts, posts == 1 ? "" : "s",
                     span_in_words(budget.window));
}

io::Task<std::optional<std::string>> quota_warning(db::Session& session,
                                                   const networks::Network& network,
                                                   networks::Account account, Planned planned) {
  auto budgets = network.budgets(account);
  std::sort(budgets.begin(), budgets.end(),
            [](const auto& a, const auto& b) { return a.window > b.window; });
  for (const networks::Budget& budget : budgets) {
    const std::string allowed = in_words(network.about().label, budget);
    if (planned.posts * budget.cost > budget.units) {
      co_return fmt::format("{}, and this is {} in one go: it cannot go out.", allowed,
                            planned.posts);
    }
    const std::int64_t posts = co_await fullest(session, account.id, planned, budget.window);
    if (posts * budget.cost <= budget.units) continue;
    co_return fmt::format(
        "{}, and around this time {} are planned for this account: some will go out later.",
        allowed, posts);
  }
  co_return std::nullopt;
}

}  // namespace posts
