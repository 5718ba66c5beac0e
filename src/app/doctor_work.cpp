// What the product's own tables say: work that waits, accounts, sources, and who is there to work.
#include "app/doctor.h"
#include "jobs/heartbeat.h"
#include "publishing/scaling.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

namespace app::doctor {
namespace {

constexpr std::chrono::minutes overdue_after{1};
constexpr std::chrono::minutes job_waits_max{5};
constexpr std::chrono::hours renewal_late_after{1};
constexpr std::chrono::minutes vanished_within{60};

// One number of the database, and what it means when it is not zero.
struct Count {
  Level level;
  const char* subject;
  const char* sql;
  const char* what;
  const char* mend;
};

constexpr std::array counts{
    Count{Level::warning, "queue", "SELECT count(*) AS n FROM queue_undecided",
          "target(s) wait for a person's decision", "open Posts in the page"},
    Count{Level::warning, "queue", "SELECT count(*) AS n FROM jobs WHERE failed_at IS NOT NULL",
          "background job(s) have failed for good",
          "SELECT kind, last_error FROM jobs WHERE failed_at IS NOT NULL"},
    Count{Level::warning, "tokens", "SELECT count(*) AS n FROM accounts WHERE state = 'broken'",
          "account(s) must be connected again", "open Accounts in the page"},
    Count{Level::warning, "sources",
          "SELECT count(*) AS n FROM source_state WHERE state = 'failing'",
          "source(s) cannot be read", "open Sources in the page: each says why"},
    Count{Level::warning, "sources",
          "SELECT count(*) AS n FROM source_state WHERE state = 'connected' AND lag_seconds > 900",
          "source(s) are more than a quarter of an hour behind",
          "run another automation process: docker service scale socialtrend_automation=2"},
};

io::Task<std::int64_t> count_of(db::Database& database, std::string sql, base::Instant until) {
  const auto rows = co_await database.execute(std::move(sql), {until});
  co_return rows[0]["n"].integer();
}

void examine_versions(const std::vector<jobs::Process>& alive, Report& report) {
  std::set<std::string> versions;
  std::map<std::string, int> roles;
  for (const jobs::Process& process : alive) {
    versions.insert(process.version);
    ++roles[process.role];
  }
  std::string present;
  for (const auto& [role, count] : roles) {
    present += fmt::format("{}{} {}", present.empty() ? "" : ", ", count, role);
  }
  report.good("scaling", "alive: " + (present.empty() ? "nobody" : present));
  if (versions.size() > 1) {
    report.warn("scaling",
                fmt::format("{} versions run side by side: a roll-out is under way, or stuck",
                            versions.size()),
                "docker service ps NAME, kubectl rollout status deployment/NAME, or aws ecs "
                "describe-services say which");
  }
}

}  // namespace

io::Task<> examine_work(db::Database& database, base::Instant now, Report& report) {
  const auto overdue = co_await database.execute(
      "SELECT count(*) AS n, min(at) AS oldest FROM queue_scheduled WHERE at < $1",
      {now - overdue_after});
  if (const std::int64_t count = overdue[0]["n"].integer(); count > 0) {
    report.bad("queue",
               fmt::format("{} target(s) are overdue, the oldest since {}", count,
                           base::format_rfc3339(overdue[0]["oldest"].instant())),
               "start or add workers: socialtrend worker, or docker service scale "
               "socialtrend_worker=4");
  } else {
    report.good("queue", "nothing is overdue");
  }
  const std::int64_t waiting = co_await count_of(
      database, "SELECT count(*) AS n FROM jobs WHERE failed_at IS NULL AND run_at < $1",
      now - job_waits_max);
  if (waiting > 0) {
    report.bad("queue", fmt::format("{} background job(s) have waited for five minutes", waiting),
               "start or add workers: socialtrend worker");
  }
  const std::int64_t late = co_await count_of(
      database,
      "SELECT count(*) AS n FROM accounts WHERE state = 'connected' AND renew_due_at < $1",
      now - renewal_late_after);
  if (late > 0) {
    report.bad("tokens",
               fmt::format("the credentials of {} account(s) could not be renewed in time", late),
               "does a worker run, and does it reach the networks? Its log says: renewal; else "
               "open Accounts in the page and connect them again");
  }
  bool sources_well = true;
  for (const Count& each : counts) {
    const auto rows = co_await database.execute(each.sql);
    const std::int64_t count = rows[0]["n"].integer();
    if (count == 0) continue;
    sources_well = sources_well && std::string_view(each.subject) != "sources";
    report.warn(each.subject, fmt::format("{} {}", count, each.what), each.mend);
  }
  if (late == 0) report.good("tokens", "no renewal of credentials is late");
  if (sources_well) report.good("sources", "none is failing or far behind");
}

io::Task<> examine_fleet(db::Database& database, const base::Clock& clock, Report& report) {
  const base::Instant now = clock.now();
  const auto alive = co_await jobs::live_processes(database, now);
  examine_versions(alive, report);
  const auto rows = co_await database.execute(
      "SELECT count(*) AS n FROM heartbeats WHERE seen_at < $1 AND seen_at > $2",
      {now - jobs::Heartbeat::alive_for, now - vanished_within});
  if (const std::int64_t vanished = rows[0]["n"].integer(); vanished > 0) {
    report.warn("memory",
                fmt::format("{} process(es) vanished within the last hour without a word: killed, "
                            "perhaps for want of memory",
                            vanished),
                "dmesg | grep -i oom, docker inspect (OOMKilled), or kubectl describe pod");
  }
  const publishing::Scaling scaling = co_await publishing::read_scaling(database, clock);
  const std::string message =
      fmt::format("{} worker(s), {} advised, {} target(s) wait", scaling.workers,
                  scaling.advised_workers, scaling.backlog);
  if (scaling.workers < scaling.advised_workers && scaling.backlog + scaling.overdue > 0) {
    const std::int64_t wanted = scaling.advised_workers;
    report.bad("scaling", message,
               fmt::format("docker service scale socialtrend_worker={0}, kubectl scale "
                           "deployment/worker --replicas={0}, or aws ecs update-service "
                           "--cluster socialtrend --service worker --desired-count {0}; if an "
                           "autoscaler should have: its maximum, the "
                           "quota of the account (aws service-quotas, gcloud compute regions "
                           "describe), kubectl describe hpa",
                           wanted));
  } else if (scaling.workers == 0) {
    report.warn("scaling", message + ": what falls due would wait",
                "start one: socialtrend worker, or docker service scale socialtrend_worker=2");
  } else {
    report.good("scaling", message);
  }
}

}  // namespace app::doctor
