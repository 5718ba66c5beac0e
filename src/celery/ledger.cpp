#include "celery/ledger.h"

#include "base/check.h"

namespace celery {
namespace {

constexpr std::chrono::days keep{90};

constexpr const char* insert_sql =
    "INSERT INTO celery_tasks (task_id, name, status, result, post_id, finished_at) VALUES"
    " ($1, $2, $3, $4, $5, $6) ON CONFLICT (task_id) DO NOTHING RETURNING task_id";

db::Params params_of(const Ledger::Line& line, base::Instant now) {
  CHECK(line.outcome.status != Outcome::Status::retry);
  return {line.task,
          line.name,
          to_string(line.outcome.status),
          json::serialize(line.outcome.result),
          line.post.empty() ? db::Value() : db::Value(line.post),
          now};
}

}  // namespace

Ledger::Ledger(db::Database& database, const base::Clock& clock)
    : database_(database), clock_(clock) {}

io::Task<std::optional<Outcome>> Ledger::find(std::string task) {
  const db::Rows rows = co_await database_.execute(
      "SELECT status, result FROM celery_tasks WHERE task_id = $1", {std::move(task)});
  if (rows.empty()) co_return std::nullopt;
  co_return Outcome{.status = parse_status(rows[0]["status"].text()),
                    .result = base::parse_json(rows[0]["result"].text()).value()};
}

io::Task<base::Result<void>> Ledger::write(db::Session& session, Line line) {
  const db::Rows rows = co_await session.execute(insert_sql, params_of(line, clock_.now()));
  if (rows.empty()) co_return base::conflict("This task has been carried out already.");
  co_return base::Result<void>{};
}

io::Task<Outcome> Ledger::settle(Line line) {
  const db::Rows rows = co_await database_.execute(insert_sql, params_of(line, clock_.now()));
  if (!rows.empty()) co_return std::move(line.outcome);
  auto standing = co_await find(line.task);
  co_return standing ? std::move(*standing) : std::move(line.outcome);
}

io::Task<> Ledger::revoke(std::vector<std::string> tasks) {
  for (std::string& task : tasks) {
    co_await settle({.task = std::move(task), .name = "", .outcome = celery::revoked("revoked")});
  }
}

io::Task<std::vector<std::string>> Ledger::revoked(std::int64_t count_max) {
  const db::Rows rows = co_await database_.execute(
      "SELECT task_id FROM celery_tasks WHERE status = 'REVOKED' ORDER BY finished_at DESC"
      " LIMIT $1",
      {count_max});
  std::vector<std::string> tasks;
  for (const db::Row& row : rows) tasks.push_back(row["task_id"].text());
  co_return tasks;
}

io::Task<> Ledger::prune() {
  co_await database_.execute("DELETE FROM celery_tasks WHERE finished_at < $1",
                             {clock_.now() - keep});
}

}  // namespace celery
