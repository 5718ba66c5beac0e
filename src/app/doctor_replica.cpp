// The replica of DATABASE_REPLICA_URL, looked at as the backends look at it.
#include "app/doctor.h"
#include "db/replica_reads.h"

#include <fmt/format.h>

namespace app::doctor {
namespace {

constexpr std::chrono::milliseconds patience{5'000};

// What it has not replayed, in bytes of the log.
io::Task<double> bytes_behind(db::ReplicaReads& reads) {
  const auto position = co_await reads.position();
  const auto rows = co_await reads.execute(
      "SELECT CAST(pg_wal_lsn_diff(CAST($1 AS PG_LSN), pg_last_wal_replay_lsn()) AS DOUBLE "
      "PRECISION) AS lag",
      {position.text()});
  co_return rows[0]["lag"].is_null() ? 0 : rows[0]["lag"].real();
}

}  // namespace

io::Task<> examine_replica(const Settings& settings, db::Database& primary, Report& report) {
  if (settings.database_replica_url.empty()) co_return;
  const std::string name = db::masked_url(settings.database_replica_url);
  db::ReplicaReads reads(primary,
                         db::open(co_await asio::this_coro::executor,
                                  {.url = settings.database_replica_url, .pool_size = 1}),
                         {.lag_max = settings.replica_lag_max, .patience = patience});
  co_await reads.look();
  if (!reads.trouble().empty()) {
    report.warn(
        "replica", fmt::format("{} is not read from: {}", name, reads.trouble()),
        "everything is read at the primary meanwhile; is it running, does it stream (SELECT "
        "* FROM pg_stat_wal_receiver, there), and is DATABASE_REPLICA_URL right?");
  } else {
    report.good("replica", fmt::format("{} is read from, {:.0f} kB behind", name,
                                       co_await bytes_behind(reads) / 1000));
  }
  co_await reads.close();
}

}  // namespace app::doctor
