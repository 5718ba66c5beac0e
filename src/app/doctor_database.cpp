// What the database itself says: its answers, its connections, and the pictures that it knows.
#include "app/doctor.h"
#include "http/curl_client.h"
#include "jobs/heartbeat.h"
#include "media/garbage.h"
#include "media/open_store.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

namespace app::doctor {
namespace {

constexpr double round_trip_max = 0.05;  // seconds
constexpr double connections_share_max = 0.8;
constexpr std::chrono::seconds skew_max{2};

// The median of five, so that the first one's connecting does not count.
io::Task<> examine_round_trip(db::Database& database, Report& report) {
  std::array<double, 5> seconds{};
  for (double& each : seconds) {
    const auto started = std::chrono::steady_clock::now();
    co_await database.execute("SELECT 1");
    each = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  }
  std::ranges::sort(seconds);
  const std::string message =
      fmt::format("the database answers within {:.1f} ms", 1000 * seconds[2]);
  if (seconds[2] > round_trip_max) {
    report.warn("latency", message,
                "put the processes in the database's zone; is its machine busy? SELECT * FROM "
                "pg_stat_activity");
  } else {
    report.good("latency", message);
  }
}

io::Task<> examine_clock(db::Database& database, Report& report) {
  const auto rows = co_await database.execute(
      "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS now");
  const auto skew = std::chrono::abs(base::SystemClock().now() - rows[0]["now"].instant());
  const std::string message = fmt::format(
      "{:.2f} s between this machine's clock and the database's", base::to_seconds(skew));
  if (skew > skew_max) {
    report.bad("clock", message, "run an NTP client on every machine: timedatectl set-ntp true");
  } else {
    report.good("clock", message);
  }
}

io::Task<> examine_connections(db::Database& database, Report& report) {
  const auto rows = co_await database.execute(
      "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS "
      "used, CAST(current_setting('max_connections') AS BIGINT) - "
      "CAST(current_setting('superuser_reserved_connections') AS BIGINT) AS most");
  const std::int64_t used = rows[0]["used"].integer();
  const std::int64_t most = rows[0]["most"].integer();
  const std::string message =
      fmt::format("{} of PostgreSQL's {} connections are taken", used, most);
  if (static_cast<double>(used) > connections_share_max * static_cast<double>(most)) {
    report.bad("pool", message,
               "put PgBouncer in front, or lower DATABASE_POOL_SIZE of each process, or raise "
               "max_connections (ALTER SYSTEM SET max_connections = 300, then restart it)");
  } else {
    report.good("pool", message);
  }
}

struct Suspicion {
  const char* subject;
  const char* where;
  const char* what;
  const char* mend;
};

// Of what pg_stat_activity shows, this is what makes others wait.
constexpr std::array suspicions{
    Suspicion{"pool",
              "state LIKE 'idle in transaction%' AND state_change < now() - interval '30 seconds'",
              "connection(s) hold a transaction open and do nothing: a leak",
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in "
              "transaction'; ALTER SYSTEM SET idle_in_transaction_session_timeout = '60s'"},
    Suspicion{"latency", "state = 'active' AND query_start < now() - interval '10 seconds'",
              "statement(s) have been running for more than ten seconds",
              "SELECT pid, query_start, query FROM pg_stat_activity WHERE state = 'active', then "
              "EXPLAIN it, or SELECT pg_cancel_backend(pid)"},
    Suspicion{"latency", "wait_event_type = 'Lock' AND query_start < now() - interval '1 second'",
              "statement(s) wait for a lock",
              "SELECT pid, pg_blocking_pids(pid), query FROM pg_stat_activity WHERE "
              "wait_event_type = 'Lock'"},
};

io::Task<> examine_statements(db::Database& database, Report& report) {
  for (const Suspicion& suspicion : suspicions) {
    const auto rows = co_await database.execute(
        fmt::format("SELECT count(*) AS n FROM pg_stat_activity WHERE datname = "
                    "current_database() AND backend_type = 'client backend' AND pid <> "
                    "pg_backend_pid() AND {}",
                    suspicion.where));
    if (const std::int64_t count = rows[0]["n"].integer(); count > 0) {
      report.bad(suspicion.subject, fmt::format("{} {}", count, suspicion.what), suspicion.mend);
    }
  }
}

}  // namespace

io::Task<> examine_server(db::Database& database, Report& report) {
  co_await examine_round_trip(database, report);
  if (database.dialect() == db::Dialect::sqlite) co_return;
  co_await examine_clock(database, report);
  co_await examine_connections(database, report);
  co_await examine_statements(database, report);
}

// Each machine's own folder serves one machine.
io::Task<> examine_store_place(const Settings& settings, db::Database& database, Report& report) {
  if (!settings.media.url.empty()) co_return;
  std::set<std::string> hosts;
  for (const jobs::Process& process :
       co_await jobs::live_processes(database, base::SystemClock().now())) {
    hosts.insert(process.host);
  }
  if (hosts.size() > 1) {
    report.warn("media",
                fmt::format("processes run on {} machines, and pictures are kept in DATA_DIR of "
                            "each: a worker may not find what a backend took",
                            hosts.size()),
                "MEDIA_URL=s3://BUCKET/PREFIX, or DATA_DIR on a shared disk (docs/media.md)");
  }
}

io::Task<> examine_store(const Settings& settings, db::Database& database, Report& report) {
  const auto client = http::make_curl_client(co_await asio::this_coro::executor,
                                             {.addresses = http::AddressPolicy::allow_all()});
  const auto store =
      media::open_store(settings.media, *client, (settings.data_dir / "media").string());
  const base::SystemClock clock;
  const media::StoreReport found = co_await media::inspect(database, clock, *store);
  if (found.missing > 0) {
    report.bad("media",
               fmt::format("{} of {} file(s) are not in {}, such as {}", found.missing, found.rows,
                           store->name(), found.missing_examples.front()),
               "restore them from a backup, or upload the pictures again");
  } else {
    report.good("media", fmt::format("{} file(s) in {}", found.rows, store->name()));
  }
  if (found.orphans > 0) {
    report.warn("media",
                fmt::format("{} file(s) in {} belong to nothing", found.orphans, store->name()),
                "nothing: a worker removes them within a day");
  }
  co_await examine_store_place(settings, database, report);
}

}  // namespace app::doctor
