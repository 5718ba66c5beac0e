#include "jobs/queue.h"

#include "base/crypto.h"
#include "base/id.h"
#include "base/log.h"
#include "base/metrics.h"
#include "io/traced.h"
#include "jobs/runner.h"

#include <boost/asio/cancellation_state.hpp>

namespace jobs {
namespace {

constexpr std::size_t run_due_max = 1'000;
constexpr std::size_t error_max = 500;
constexpr std::chrono::seconds hurry{1};
constexpr std::chrono::days keep_failures{30};

metrics::Counter& outcomes() {
  static metrics::Counter counter{
      "jobs_total", "Background jobs by kind and outcome.", {"kind", "outcome"}};
  return counter;
}

// 0.75 to 1.25: jobs that failed together do not come back together.
double jitter() {
  const std::string bytes = base::random_bytes(2);
  const int high = static_cast<unsigned char>(bytes[0]);
  const int low = static_cast<unsigned char>(bytes[1]);
  return 0.75 + 0.5 * (high * 256 + low) / 65'536.0;
}

std::string describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return std::string(exception.what()).substr(0, error_max);
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

bool is_cancellation(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return io::is_cancelled(exception);
  } catch (...) {
    return false;
  }
}

std::string param_list(std::size_t first, std::size_t count) {
  std::string list;
  for (std::size_t index = first; index < first + count; ++index) {
    list += fmt::format("{}${}", list.empty() ? "" : ", ", index);
  }
  return list;
}

}  // namespace

Queue::Queue(db::Database& database, const base::Clock& clock, std::string owner,
             QueueSettings settings)
    : database_(database), clock_(clock), owner_(std::move(owner)), settings_(settings) {}

void Queue::handle(std::string kind, Handler handler) {
  handlers_[std::move(kind)] = std::move(handler);
}

io::Task<> Queue::enqueue(db::Session& session, std::string kind, std::string payload,
                          JobOptions options) {
  std::optional<std::string> key;
  if (!options.unique_key.empty()) key = options.unique_key;
  co_await session.execute(
      "-- jobs.enqueue\n"
      "INSERT INTO jobs (id, kind, payload, unique_key, run_at, attempts_max, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
      {base::make_uuid7(), std::move(kind), std::move(payload), key, options.run_at,
       options.attempts_max, clock_.now()});
  hurry_until_ = std::chrono::steady_clock::now() + hurry;
  if (wake_ != nullptr) wake_->notify();
}

std::string Queue::kinds_from(std::size_t first_param) const {
  return param_list(first_param, handlers_.size());
}

void Queue::add_kinds(db::Params& params) const {
  for (const auto& [kind, handler] : handlers_) params.emplace_back(kind);
}

io::Task<std::vector<Queue::Claimed>> Queue::claim(std::size_t count) {
  std::vector<Claimed> claimed;
  if (handlers_.empty()) co_return claimed;
  const base::Instant now = clock_.now();
  db::Params params = {now, count, owner_, now + settings_.lease_ttl};
  add_kinds(params);
  const db::Rows rows = co_await database_.execute(
      fmt::format("-- jobs.claim\n"
                  "WITH due AS (SELECT id AS due_id FROM jobs WHERE failed_at IS NULL "
                  "AND run_at <= $1 AND attempt < attempts_max AND kind IN ({}) "
                  "ORDER BY run_at LIMIT $2{}) "
                  "UPDATE jobs SET owner = $3, attempt = attempt + 1, fence = fence + 1, "
                  "lease_until = $4, run_at = $4 FROM due WHERE jobs.id = due.due_id "
                  "RETURNING id, kind, payload, attempt, attempts_max, fence",
                  kinds_from(5), database_.skip_locked()),
      std::move(params));
  for (const db::Row& row : rows) {
    claimed.push_back({.job = {.id = row["id"].text(),
                               .kind = row["kind"].text(),
                               .payload = row["payload"].text(),
                               .attempt = static_cast<int>(row["attempt"].integer()),
                               .fence = row["fence"].integer()},
                       .attempts_max = static_cast<int>(row["attempts_max"].integer())});
  }
  co_return claimed;
}

io::Task<bool> Queue::run_one(Claimed claimed) {
  std::exception_ptr failure;
  try {
    const base::ScopedSpan span("job " + claimed.job.kind);
    co_await io::within_trace(base::scope_of(span), handlers_.at(claimed.job.kind)(claimed.job));
  } catch (...) {
    failure = std::current_exception();
  }
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  const bool interrupted = state.cancelled() != asio::cancellation_type::none;
  // What happened is written down even now. (A cancelled task cannot await a task, not even one
  // that would do this.)
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (!failure) {
    co_await succeed(claimed.job);
  } else if (interrupted && is_cancellation(failure)) {
    co_await give_back(claimed.job);
  } else {
    co_await fail(claimed, describe(failure));
  }
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_return interrupted;
}

io::Task<> Queue::succeed(Job job) {
  const db::Rows rows = co_await database_.execute(
      "-- jobs.succeed\nDELETE FROM jobs WHERE id = $1 AND fence = $2", {job.id, job.fence});
  outcomes().add({job.kind, rows.affected == 0 ? "lease_lost" : "done"});
}

io::Task<> Queue::fail(Claimed claimed, std::string reason) {
  const Job& job = claimed.job;
  const base::Instant now = clock_.now();
  const bool finally = job.attempt >= claimed.attempts_max;
  base::log_warn(finally ? "job_failed" : "job_retried",
                 {{"job.kind", boost::json::string(job.kind)},
                  {"job.id", boost::json::string(job.id)},
                  {"job.attempt", job.attempt},
                  {"error.message", boost::json::string(reason)}});
  outcomes().add({job.kind, finally ? "failed" : "retried"});
  if (finally) {
    co_await database_.execute(
        "-- jobs.fail\n"
        "UPDATE jobs SET failed_at = $1, last_error = $2, lease_until = NULL, owner = NULL "
        "WHERE id = $3 AND fence = $4",
        {now, std::move(reason), job.id, job.fence});
    co_return;
  }
  co_await wait_again(job, now + backoff(job.attempt), std::move(reason));
}

io::Task<> Queue::give_back(Job job) {
  outcomes().add({job.kind, "given_back"});
  --job.attempt;  // it was not the job's fault
  co_await wait_again(job, clock_.now(), "");
}

io::Task<> Queue::wait_again(Job job, base::Instant run_at, std::string reason) {
  bool superseded = false;
  try {
    const db::Rows rows = co_await database_.execute(
        "-- jobs.wait_again\n"
        "UPDATE jobs SET run_at = $1, attempt = $2, last_error = $3, owner = NULL, "
        "lease_until = NULL WHERE id = $4 AND fence = $5 AND NOT EXISTS ("
        "SELECT 1 FROM jobs AS other WHERE other.unique_key = jobs.unique_key "
        "AND other.id <> jobs.id AND other.failed_at IS NULL AND other.lease_until IS NULL)",
        {run_at, job.attempt, std::move(reason), job.id, job.fence});
    superseded = rows.affected == 0;
  } catch (const db::DatabaseError& error) {
    if (error.kind != db::DatabaseError::Kind::unique) throw;
    superseded = true;
  }
  // Another with the same key waits already and will do the work (or the lease was lost: a no-op).
  if (superseded) co_await succeed(job);
}

base::Duration Queue::backoff(int attempt) const {
  base::Duration pause = settings_.backoff_min;
  for (int round = 1; round < attempt && pause < settings_.backoff_max; ++round) pause *= 2;
  pause = std::min<base::Duration>(pause, settings_.backoff_max);
  return std::chrono::duration_cast<base::Duration>(pause * jitter());
}

io::Task<> Queue::renew(std::vector<std::string> ids) {
  db::Params params = {clock_.now() + settings_.lease_ttl, owner_};
  for (std::string& id : ids) params.emplace_back(std::move(id));
  co_await database_.execute(
      fmt::format("-- jobs.renew\n"
                  "UPDATE jobs SET lease_until = $1, run_at = $1 "
                  "WHERE owner = $2 AND lease_until IS NOT NULL AND id IN ({})",
                  param_list(3, ids.size())),
      std::move(params));
}

io::Task<> Queue::sweep() {
  const base::Instant now = clock_.now();
  co_await database_.execute(
      "-- jobs.sweep\n"
      "UPDATE jobs SET failed_at = $1, lease_until = NULL, owner = NULL, "
      "last_error = 'its workers died' "
      "WHERE failed_at IS NULL AND run_at <= $1 AND attempt >= attempts_max",
      {now});
  co_await database_.execute("-- jobs.forget\nDELETE FROM jobs WHERE failed_at < $1",
                             {now - keep_failures});
}

io::Task<std::optional<base::Duration>> Queue::time_to_next() {
  if (handlers_.empty()) co_return std::nullopt;
  db::Params params;
  add_kinds(params);
  const db::Rows rows = co_await database_.execute(
      fmt::format("-- jobs.next\n"
                  "SELECT run_at FROM jobs WHERE failed_at IS NULL AND attempt < attempts_max "
                  "AND kind IN ({}) ORDER BY run_at LIMIT 1",
                  kinds_from(1)),
      std::move(params));
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0]["run_at"].instant() - clock_.now();
}

io::Task<std::int64_t> Queue::depth() {
  static metrics::Gauge gauge{"queue_depth", "Background jobs that are due and wait.", {"queue"}};
  const db::Rows rows = co_await database_.execute(
      "-- jobs.depth\n"
      "SELECT count(*) AS depth FROM jobs WHERE failed_at IS NULL AND run_at <= $1",
      {clock_.now()});
  const std::int64_t depth = rows[0]["depth"].integer();
  gauge.set({"jobs"}, static_cast<double>(depth));
  co_return depth;
}

io::Task<std::size_t> Queue::run_due() {
  co_await sweep();
  std::size_t count = 0;
  while (count < run_due_max) {
    const std::vector<Claimed> claimed = co_await claim(1);
    if (claimed.empty()) break;
    ++count;
    const bool interrupted = co_await run_one(claimed.front());
    if (interrupted) throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return count;
}

io::Task<> Queue::run(std::size_t concurrency) {
  Runner runner(*this, co_await asio::this_coro::executor, concurrency);
  std::exception_ptr ended;
  try {
    co_await runner.wait();
  } catch (...) {
    ended = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await runner.stop();
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  std::rethrow_exception(ended);
}

}  // namespace jobs
