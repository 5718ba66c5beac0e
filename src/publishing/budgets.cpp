#include "publishing/budgets.h"

#include "base/error.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace publishing {

namespace {

constexpr std::size_t batch_max = 64;

base::Duration counted_for(const networks::Budget& budget) {
  return budget.window + Budgets::slack;
}

std::int64_t units_of(const BudgetUse& use, const networks::Budget& budget) {
  return budget.cost * use.posts;
}

// Grows "($1, CAST($2 AS BIGINT)), (...)". PostgreSQL takes a bare placeholder for text.
class Tuples {
 public:
  void add(std::initializer_list<std::pair<db::Value, std::string_view>> values) {
    sql_ += sql_.empty() ? "(" : ", (";
    bool first = true;
    for (const auto& [value, type] : values) {
      params_.push_back(value);
      sql_ += fmt::format("{}CAST(${} AS {})", first ? "" : ", ", params_.size(), type);
      first = false;
    }
    sql_ += ')';
  }
  bool empty() const { return params_.empty(); }
  const std::string& sql() const { return sql_; }
  db::Params take() { return std::move(params_); }

 private:
  std::string sql_;
  db::Params params_;
};

}  // namespace

struct Budgets::Pending {
  Pending(const io::Executor& executor, BudgetUse wanted)
      : use(std::move(wanted)), done(executor) {}
  BudgetUse use;
  bool settled = false;
  std::optional<BudgetFull> full;
  std::exception_ptr error;
  io::Event done;
};

// The uses of one budget of one account in the window of whoever asks first.
struct Budgets::Counted {
  networks::Budget budget;
  base::Instant since;
  std::int64_t units = 0;
};

Budgets::Budgets(io::Executor executor, io::Supervisor& supervisor, db::Database& database,
                 const base::Clock& clock)
    : executor_(std::move(executor)), supervisor_(supervisor), database_(database), clock_(clock) {}

io::Task<std::optional<BudgetFull>> Budgets::take(BudgetUse use) {
  if (use.budgets.empty()) co_return std::nullopt;
  if (supervisor_.stopping()) throw base::Unavailable("the worker is stopping");
  auto pending = std::make_shared<Pending>(executor_, std::move(use));
  queue_.push_back(pending);
  if (!draining_) {
    draining_ = true;
    supervisor_.start_once("publishing.budgets", [this] { return drain(); });
  }
  while (!pending->settled && !pending->error) co_await pending->done.wait();
  if (pending->error) std::rethrow_exception(pending->error);
  co_return pending->full;
}

io::Task<> Budgets::drain() {
  // However this ends, nobody may be left waiting.
  struct End {
    Budgets& self;
    ~End() {
      self.draining_ = false;
      for (auto& pending : std::exchange(self.queue_, {})) {
        pending->error = std::make_exception_ptr(base::Unavailable("the worker is stopping"));
        pending->done.notify();
      }
    }
  } end{*this};
  while (!queue_.empty()) co_await serve(take_batch());
}

Budgets::Batch Budgets::take_batch() {
  Batch batch;
  while (!queue_.empty() && batch.size() < batch_max) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

io::Task<> Budgets::serve(Batch batch) {
  struct End {
    Batch& batch;
    ~End() {
      for (auto& pending : batch) {
        if (!pending->settled && !pending->error) {
          pending->error = std::make_exception_ptr(base::Unavailable("the worker is stopping"));
        }
        pending->done.notify();
      }
    }
  } end{batch};
  std::exception_ptr error;
  try {
    co_await take_all(batch);
  } catch (...) {
    error = std::current_exception();
  }
  for (auto& pending : batch) {
    pending->error = error;
    pending->settled = !error;
  }
}

io::Task<> Budgets::take_all(Batch batch) {
  auto tx = co_await database_.begin();
  co_await lock(*tx, batch);
  auto counted = co_await count(*tx, batch);
  for (auto& pending : batch) {
    const BudgetUse& use = pending->use;
    for (const networks::Budget& budget : use.budgets) {
      const Key key{use.account.value, budget.name};
      const Counted& used = counted.at(key);
      const std::int64_t need = used.units + units_of(use, budget) - budget.units;
      if (need <= 0) continue;
      const base::Instant until = co_await room_at(*tx, key, budget, used.since, need);
      if (!pending->full || until > pending->full->until) pending->full = {budget, until};
    }
    if (pending->full) continue;
    for (const networks::Budget& budget : use.budgets) {
      counted.at({use.account.value, budget.name}).units += units_of(use, budget);
    }
  }
  co_await write(*tx, batch);
  co_await tx->commit();
}

// One after the other for each account, in one order for all, so that nobody waits in a circle.
io::Task<> Budgets::lock(db::Session& session, const Batch& batch) {
  std::set<std::string> accounts;
  db::Params earlier;
  std::string targets;
  std::string attempts;
  for (const auto& pending : batch) {
    accounts.insert(pending->use.account.value);
    const std::string_view comma = targets.empty() ? "" : ", ";
    earlier.insert(earlier.end(), {pending->use.target, pending->use.attempt});
    targets += fmt::format("{}${}", comma, earlier.size() - 1);
    attempts += fmt::format("{}${}", comma, earlier.size());
  }
  Tuples rows;
  for (const std::string& account : accounts) {
    rows.add({{account, "TEXT"}, {clock_.now(), "BIGINT"}});
  }
  co_await session.execute("INSERT INTO budget_locks (account_id, taken_at) VALUES " + rows.sql() +
                               " ON CONFLICT (account_id) DO UPDATE SET taken_at ="
                               " excluded.taken_at",
                           rows.take());
  // Its own, for another moment; and those of a worker that died before its attempt was written
  // down, or could not say that it was over.
  co_await session.execute(
      fmt::format("DELETE FROM budget_uses WHERE attempt_id IN ({}) OR (target_id IN ({}) AND NOT"
                  " EXISTS (SELECT 1 FROM attempts WHERE attempts.id = budget_uses.attempt_id AND"
                  " (attempts.outcome IS NULL OR attempts.outcome NOT IN ('not_sent',"
                  " 'retry_later', 'account_broken'))))",
                  attempts, targets),
      std::move(earlier));
}

io::Task<std::map<Budgets::Key, Budgets::Counted>> Budgets::count(db::Session& session,
                                                                  const Batch& batch) {
  std::map<Key, Counted> counted;
  for (const auto& pending : batch) {
    for (const networks::Budget& budget : pending->use.budgets) {
      const base::Instant since = pending->use.at - counted_for(budget);
      const auto [at, fresh] = counted.try_emplace({pending->use.account.value, budget.name},
                                                   Counted{.budget = budget, .since = since});
      if (!fresh) at->second.since = std::min(at->second.since, since);
    }
  }
  Tuples asked;
  for (const auto& [key, each] : counted) {
    asked.add({{key.first, "TEXT"}, {key.second, "TEXT"}, {each.since, "BIGINT"}});
  }
  const auto rows = co_await session.execute(
      "WITH asked (account_id, budget, since) AS (VALUES " + asked.sql() +
          ") SELECT asked.account_id, asked.budget, CAST(SUM(budget_uses.units) AS BIGINT) AS units"
          " FROM asked JOIN budget_uses ON budget_uses.account_id = asked.account_id AND"
          " budget_uses.budget = asked.budget AND budget_uses.used_at > asked.since"
          " GROUP BY asked.account_id, asked.budget",
      asked.take());
  for (const db::Row& row : rows) {
    counted.at({row["account_id"].text(), row["budget"].text()}).units = row["units"].integer();
  }
  co_return counted;
}

// When so many units will have left the window, beside those that others were promised.
io::Task<base::Instant> Budgets::room_at(db::Session& session, Key key, networks::Budget budget,
                                         base::Instant since, std::int64_t need) {
  const base::Instant now = clock_.now();
  auto& promises = promised_[key];
  std::erase_if(promises, [now](base::Instant each) { return each <= now; });
  const std::int64_t wanted = need + static_cast<std::int64_t>(promises.size()) * budget.cost;
  const auto rows = co_await session.execute(
      "SELECT COALESCE(MIN(CASE WHEN freed >= $4 THEN used_at END), MAX(used_at)) FROM"
      " (SELECT used_at, SUM(units) OVER (ORDER BY used_at, attempt_id) AS freed FROM budget_uses"
      " WHERE account_id = $1 AND budget = $2 AND used_at > $3) AS uses",
      {key.first, key.second, since, wanted});
  const base::Instant freed = rows[0][0].optional_instant().value_or(now);
  const base::Instant until =
      std::max(freed + counted_for(budget), now + base::Duration{std::chrono::seconds{1}});
  promises.push_back(until);
  co_return until;
}

io::Task<> Budgets::write(db::Session& session, const Batch& batch) {
  Tuples rows;
  for (const auto& pending : batch) {
    if (pending->full) continue;
    const BudgetUse& use = pending->use;
    for (const networks::Budget& budget : use.budgets) {
      rows.add({{use.attempt, "TEXT"},
                {budget.name, "TEXT"},
                {use.account, "TEXT"},
                {use.target, "TEXT"},
                {units_of(use, budget), "BIGINT"},
                {use.at, "BIGINT"},
                {use.at + 2 * counted_for(budget), "BIGINT"}});
    }
  }
  if (rows.empty()) co_return;
  co_await session.execute(
      "INSERT INTO budget_uses (attempt_id, budget, account_id, target_id, units, used_at, ends_at)"
      " VALUES " +
          rows.sql(),
      rows.take());
}

io::Task<> Budgets::give_back(base::AttemptId attempt) {
  co_await database_.execute("DELETE FROM budget_uses WHERE attempt_id = $1", {attempt});
}

io::Task<> Budgets::forget(base::Instant now) {
  co_await database_.execute("DELETE FROM budget_uses WHERE ends_at <= $1", {now});
}

}  // namespace publishing
