#include "db/replica_reads.h"

#include "base/error.h"
#include "base/log.h"
#include "base/metrics.h"

#include <cmath>
#include <limits>

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace db {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::size_t ends_max = 1'000;

metrics::Counter reads{"db_reads_total", "Reads that may lag, by where they went.", {"place"}};
metrics::Gauge lag_seconds{"db_replica_lag_seconds",
                           "How far the replica that this process reads from is behind; no number "
                           "while it cannot be asked."};
metrics::Gauge in_use{"db_replica_in_use", "1 while reads that may lag go to the replica."};

// A server, and the database in it: what a replica has in common with its primary alone.
constexpr const char* cluster_sql =
    "CAST(system_identifier AS TEXT) || '/' || current_database() AS cluster FROM "
    "pg_control_system()";

}  // namespace

ReplicaReads::ReplicaReads(Database& primary, std::unique_ptr<Database> replica,
                           ReplicaOptions options)
    : primary_(primary), replica_(std::move(replica)), options_(options) {
  in_use.set(0);
  lag_seconds.set(std::numeric_limits<double>::quiet_NaN());
}

io::Task<Rows> ReplicaReads::execute(std::string sql, Params params) {
  if (trouble_.empty()) {
    Attempt tried = co_await attempt(sql, params);
    if (tried.rows) {
      reads.add({"replica"});
      co_return std::move(*tried.rows);
    }
    // A refusal, such as a conflict with what it had to replay, is of this statement alone.
    if (!tried.trouble.empty()) set_trouble(std::move(tried.trouble));
  }
  reads.add({"primary"});
  co_return co_await primary_.execute(std::move(sql), std::move(params));
}

// Within the patience. An error as a value: a race of two waits for the second when one throws.
io::Task<ReplicaReads::Attempt> ReplicaReads::attempt(std::string sql, Params params) {
  auto answer = co_await (attempt_for_ever(std::move(sql), std::move(params)) ||
                          io::sleep_for(options_.patience));
  if (answer.index() == 0) co_return std::get<0>(std::move(answer));
  co_return Attempt{.trouble = "it does not answer"};
}

io::Task<ReplicaReads::Attempt> ReplicaReads::attempt_for_ever(std::string sql, Params params) {
  Attempt attempt;
  try {
    attempt.rows = co_await replica_->execute(std::move(sql), std::move(params));
  } catch (const base::Unavailable& error) {
    attempt.trouble = error.what();
  } catch (const DatabaseError& error) {
    attempt.refusal = error.what();
  }
  co_return attempt;
}

io::Task<Position> ReplicaReads::position() {
  try {
    const Rows rows = co_await primary_.execute(
        "-- replica.position\nSELECT CAST(pg_current_wal_insert_lsn() AS TEXT) AS position");
    co_return Position::parse(rows[0]["position"].text()).value_or(Position::beyond_all());
  } catch (const base::Unavailable&) {  // the write is done; its author reads at the primary
    co_return Position::beyond_all();
  } catch (const DatabaseError&) {
    co_return Position::beyond_all();
  }
}

io::Task<bool> ReplicaReads::has(Position position) {
  if (!trouble_.empty()) co_return false;
  // One question at a time: whoever comes while it is under way does not wait for it.
  if (position > replayed_ && !asking_) {
    const Standing standing = co_await ask_replica();
    if (!standing.trouble.empty()) set_trouble(standing.trouble);
    replayed_ = std::max(replayed_, standing.replayed);
  }
  co_return trouble_.empty() && position <= replayed_;
}

io::Task<ReplicaReads::Standing> ReplicaReads::ask_replica() {
  asking_ = true;
  const std::shared_ptr<void> asked(nullptr, [this](void*) { asking_ = false; });
  const Attempt tried =
      co_await attempt(std::string("-- replica.replayed\n"
                                   "SELECT CAST(pg_last_wal_replay_lsn() AS TEXT) AS replayed, "
                                   "CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END AS standby, ") +
                           cluster_sql,
                       {});
  if (!tried.rows) co_return Standing{.trouble = tried.trouble + tried.refusal};
  const Row& row = (*tried.rows)[0];
  const auto replayed = Position::parse(row["replayed"].text());
  if (row["standby"].integer() == 0 || !replayed) co_return Standing{.trouble = "it is no standby"};
  co_return Standing{.replayed = *replayed, .cluster = row["cluster"].text()};
}

io::Task<> ReplicaReads::ask_primary() {
  const SteadyTime asked_at = std::chrono::steady_clock::now();
  try {
    const Rows rows = co_await primary_.execute(
        std::string("-- replica.primary\n"
                    "SELECT CAST(pg_current_wal_insert_lsn() AS TEXT) AS position, ") +
        cluster_sql);
    cluster_ = rows[0]["cluster"].text();
    const auto end = Position::parse(rows[0]["position"].text());
    if (end && (ends_.empty() || *end > ends_.back().end) && ends_.size() < ends_max) {
      ends_.push_back({asked_at, *end});
    }
  } catch (const base::Unavailable&) {  // reads from the replica go on
  } catch (const DatabaseError&) {
  }
}

io::Task<> ReplicaReads::look() {
  co_await ask_primary();
  judge(co_await ask_replica());
}

void ReplicaReads::judge(Standing standing) {
  if (standing.trouble.empty() && cluster_.empty()) standing.trouble = "the primary is unknown";
  if (standing.trouble.empty() && standing.cluster != cluster_) {
    standing.trouble = "it is a replica of another database";
  }
  if (!standing.trouble.empty()) {
    // Not known any more: it may be another server when it comes back.
    replayed_ = {};
    lag_seconds.set(std::numeric_limits<double>::quiet_NaN());
    return set_trouble(std::move(standing.trouble));
  }
  replayed_ = standing.replayed;
  while (!ends_.empty() && ends_.front().end <= replayed_) ends_.pop_front();
  const std::chrono::duration<double> lag =
      ends_.empty() ? std::chrono::steady_clock::duration{}
                    : std::chrono::steady_clock::now() - ends_.front().at;
  lag_seconds.set(lag.count());
  set_trouble(lag > options_.lag_max ? fmt::format("it is {:.1f} s behind", lag.count()) : "");
}

void ReplicaReads::set_trouble(std::string trouble) {
  if (trouble.empty() != trouble_.empty()) {
    if (trouble.empty()) {
      base::log_info("replica_in_use");
    } else {
      base::log_warn("replica_not_used", {{"error.message", boost::json::string(trouble)}});
    }
  }
  trouble_ = std::move(trouble);
  in_use.set(trouble_.empty() ? 1 : 0);
}

io::Task<> ReplicaReads::watch() {
  while (true) {
    co_await look();
    co_await io::sleep_for(options_.look_every);
  }
}

}  // namespace db
