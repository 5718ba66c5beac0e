#include "publishing/scaling.h"

#include <algorithm>

namespace publishing {

namespace {

constexpr std::chrono::seconds overdue_after{10};
constexpr std::chrono::seconds heartbeat_max{30};

}  // namespace

std::int64_t advise(const Scaling& scaling) {
  constexpr std::int64_t per_minute = targets_per_worker_second * 60;
  std::int64_t workers = (scaling.backlog + per_minute - 1) / per_minute;
  for (const DueNext& next : scaling.due_next) {
    const std::int64_t in_time = per_minute * std::max(next.minutes, 1);
    workers = std::max(workers, (next.targets + in_time - 1) / in_time);
  }
  return std::max<std::int64_t>(workers, 1);
}

io::Task<Scaling> read_scaling(db::Database& database, const base::Clock& clock) {
  const base::Instant now = clock.now();
  Scaling scaling;
  auto rows = co_await database.execute(
      "SELECT (SELECT COUNT(*) FROM queue_scheduled WHERE at <= $1) AS waiting,"
      " (SELECT COUNT(*) FROM queue_held) AS held,"
      " (SELECT COUNT(*) FROM queue_scheduled WHERE at <= $2) AS overdue,"
      " (SELECT MIN(at) FROM queue_scheduled WHERE at <= $2) AS oldest,"
      " (SELECT COUNT(*) FROM heartbeats WHERE seen_at > $3 AND role IN ('worker', 'all-in-one'))"
      " AS workers",
      {now, now - overdue_after, now - heartbeat_max});
  const db::Row& row = rows[0];
  scaling.backlog = row["waiting"].integer() + row["held"].integer();
  scaling.overdue = row["overdue"].integer();
  if (auto oldest = row["oldest"].optional_instant()) {
    scaling.lateness_seconds = base::to_seconds(now - *oldest);
  }
  scaling.workers = row["workers"].integer();
  for (int minutes : {1, 5, 15, 60}) {
    auto due =
        co_await database.execute("SELECT COUNT(*) FROM queue_scheduled WHERE at > $1 AND at <= $2",
                                  {now, now + std::chrono::minutes{minutes}});
    scaling.due_next.push_back({.minutes = minutes, .targets = due[0][0].integer()});
  }
  scaling.advised_workers = advise(scaling);
  co_return scaling;
}

boost::json::object to_json(const Scaling& scaling) {
  boost::json::array due_next;
  for (const DueNext& next : scaling.due_next) {
    due_next.push_back(boost::json::object{{"minutes", next.minutes}, {"targets", next.targets}});
  }
  return {{"backlog", scaling.backlog},
          {"overdue", scaling.overdue},
          {"lateness_seconds", scaling.lateness_seconds},
          {"due_next", std::move(due_next)},
          {"workers", scaling.workers},
          {"advised_workers", scaling.advised_workers}};
}

}  // namespace publishing
