#include "jobs/heartbeat.h"

namespace jobs {
namespace {

constexpr std::chrono::hours forget_after{24};

}  // namespace

Heartbeat::Heartbeat(db::Database& database, const base::Clock& clock, Process self)
    : database_(database), clock_(clock), self_(std::move(self)) {
  self_.started_at = clock_.now();
}

io::Task<> Heartbeat::beat() {
  self_.seen_at = clock_.now();
  co_await database_.execute(
      "-- heartbeats.beat\n"
      "INSERT INTO heartbeats (process, role, version, host, started_at, seen_at) "
      "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (process) DO UPDATE SET "
      "role = excluded.role, version = excluded.version, host = excluded.host, "
      "started_at = excluded.started_at, seen_at = excluded.seen_at",
      {self_.name, self_.role, self_.version, self_.host, self_.started_at, self_.seen_at});
}

io::Task<> Heartbeat::forget_old() const {
  co_await database_.execute("-- heartbeats.forget\nDELETE FROM heartbeats WHERE seen_at < $1",
                             {clock_.now() - forget_after});
}

io::Task<> Heartbeat::run() {
  co_await forget_old();
  for (;;) {
    co_await beat();
    co_await io::sleep_for(every);
  }
}

io::Task<> Heartbeat::leave() {
  co_await database_.execute("-- heartbeats.leave\nDELETE FROM heartbeats WHERE process = $1",
                             {self_.name});
}

io::Task<std::vector<Process>> live_processes(db::Session& session, base::Instant now,
                                              std::chrono::milliseconds seen_within) {
  const db::Rows rows = co_await session.execute(
      "-- heartbeats.live\n"
      "SELECT process, role, version, host, started_at, seen_at FROM heartbeats "
      "WHERE seen_at >= $1 ORDER BY role, process",
      {now - seen_within});
  std::vector<Process> processes;
  for (const db::Row& row : rows) {
    processes.push_back({.name = row["process"].text(),
                         .role = row["role"].text(),
                         .version = row["version"].text(),
                         .host = row["host"].text(),
                         .started_at = row["started_at"].instant(),
                         .seen_at = row["seen_at"].instant()});
  }
  co_return processes;
}

}  // namespace jobs
