#include "app/watch.h"

#include "app/certificate.h"
#include "base/log.h"
#include "base/metrics.h"
#include "jobs/heartbeat.h"

#include <limits>
#include <map>

namespace app {
namespace {

constexpr std::chrono::seconds fleet_every{15};
constexpr std::chrono::minutes certificate_every{10};
// So that a successor asks soon after a holder is gone.
constexpr std::chrono::minutes certificate_lease{25};
constexpr std::chrono::seconds patience{10};
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

metrics::Gauge alive{"processes_alive", "Processes that were seen lately.", {"role"}};
metrics::Gauge days_left{"certificate_days_left",
                         "Until the certificate of PUBLIC_URL ends; below zero: it has."};

metrics::Gauge replicas{"db_replicas", "Replicas that stream from this database."};
metrics::Gauge replica_lag{"db_replica_lag_bytes",
                           "What the slowest replica has not replayed yet; no number without "
                           "replicas, or without the right to see (pg_monitor)."};

io::Task<> measure_replicas(db::Database& database) {
  const auto rows = co_await database.execute(
      "-- replicas.lag\n"
      "SELECT count(*) AS n, CAST(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)) AS "
      "DOUBLE PRECISION) AS lag FROM pg_stat_replication");
  replicas.set(static_cast<double>(rows[0]["n"].integer()));
  replica_lag.set(rows[0]["lag"].is_null() ? no_number : rows[0]["lag"].real());
}

double days_until(base::Instant end, base::Instant now) {
  return base::to_seconds(end - now) / 86'400;
}

}  // namespace

io::Task<> watch_fleet(db::Database& database, const base::Clock& clock) {
  // Roles that are gone show as 0, not as what they last were.
  std::map<std::string, int> roles{{"backend", 0}, {"automation", 0}, {"worker", 0}};
  while (true) {
    for (auto& [role, count] : roles) count = 0;
    for (const jobs::Process& process : co_await jobs::live_processes(database, clock.now())) {
      ++roles[process.role];
    }
    for (const auto& [role, count] : roles) alive.set({role}, count);
    if (database.dialect() == db::Dialect::postgres) co_await measure_replicas(database);
    co_await io::sleep_for(fleet_every);
  }
}

io::Task<> watch_certificate(jobs::Leases& leases, const base::Clock& clock,
                             std::string public_url) {
  const auto url = http::parse_url(public_url);
  if (!url || url->scheme != "https") co_return;
  while (true) {
    double left = no_number;
    if (co_await leases.acquire("certificate", certificate_lease)) {
      const auto certificate = co_await read_certificate(*url, patience);
      if (certificate) {
        left = days_until(certificate->ends_at, clock.now());
      } else {
        base::log_warn("certificate_not_read",
                       {{"error.message", boost::json::value(certificate.error().message)}});
      }
    }
    days_left.set(left);
    co_await io::sleep_for(certificate_every);
  }
}

}  // namespace app
