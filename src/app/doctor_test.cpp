// Broken worlds, each shown to doctor: it must say which, and what helps. A healthy one beside it.
#include "app/doctor.h"

#include "app/certificate.h"
#include "app/exposition.h"
#include "db/testing.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace app::doctor {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const base::Instant now = base::SystemClock().now();

// The first finding of that kind, or one of level good that says nothing.
Finding first(const Report& report, std::string_view subject, Level level) {
  for (const Finding& finding : report.findings()) {
    if (finding.subject == subject && finding.level == level) return finding;
  }
  return {};
}

class Folder {
 public:
  Folder() {
    std::string name = testing::TempDir() + "doctor-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }

 private:
  std::filesystem::path path_;
};

TEST(Exposition, ReadsLabelsAndQuantiles) {
  const Exposition numbers(
      "# HELP x y\nplain 3\nodd{a=\"{b\",c=\"d e\"} 4\nnonsense\nbroken{a=\"b 1\n"
      "t_bucket{le=\"0.1\"} 90\nt_bucket{le=\"1\"} 99\nt_bucket{le=\"+Inf\"} 100\n");
  EXPECT_EQ(numbers.sum("plain"), 3);
  EXPECT_EQ(numbers.sum("odd", [](const Sample& each) { return each.labels.at("c") == "d e"; }), 4);
  EXPECT_FALSE(numbers.has("nonsense"));
  EXPECT_EQ(numbers.quantile("t", 0.95), 1);
  EXPECT_EQ(numbers.quantile("t", 0.5), 0.1);
  EXPECT_EQ(numbers.quantile("absent", 0.5), 0);
}

TEST(DoctorMachine, AContainerThatIsNearlyFullAndWasKilled) {
  const Folder root;
  root.write("proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 10000 kB\n");
  root.write("sys/fs/cgroup/memory.max", "536870912\n");
  root.write("sys/fs/cgroup/memory.current", "530000000\n");
  root.write("sys/fs/cgroup/memory.stat", "inactive_file 1000000\n");
  root.write("sys/fs/cgroup/memory.events", "oom 2\noom_kill 2\n");
  root.write("sys/fs/cgroup/cpu.stat", "nr_periods 100\nnr_throttled 40\n");
  Report report;
  examine_machine(root.path(), report);
  const Finding memory = first(report, "memory", Level::bad);
  EXPECT_THAT(memory.message, HasSubstr("529 of the 537 MB"));
  EXPECT_THAT(memory.mend, HasSubstr("--limit-memory"));
  EXPECT_EQ(std::ranges::count(report.findings(), Level::bad, &Finding::level), 3);
  EXPECT_THAT(first(report, "latency", Level::warning).message, HasSubstr("40 %"));
}

TEST(DoctorMachine, ARoomyOneIsWell) {
  const Folder root;
  root.write("proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 600000 kB\n");
  root.write("sys/fs/cgroup/memory.max", "max\n");
  root.write("sys/fs/cgroup/memory.current", "530000000\n");
  root.write("sys/fs/cgroup/cpu.stat", "nr_periods 100\nnr_throttled 1\n");
  Report report;
  examine_machine(root.path(), report);
  EXPECT_FALSE(report.any_bad());
  EXPECT_THAT(first(report, "memory", Level::good).message, HasSubstr("614 of the 1024 MB"));
}

TEST(DoctorProcess, SlowFailingFullAndWithoutConnections) {
  Report report;
  examine_metrics("backend",
                  "http_requests_total{status=\"200\"} 80\nhttp_requests_total{status=\"503\"} 20\n"
                  "http_request_duration_seconds_bucket{route=\"/a\",le=\"0.5\"} 50\n"
                  "http_request_duration_seconds_bucket{route=\"/a\",le=\"2.5\"} 100\n"
                  "http_request_duration_seconds_bucket{route=\"/a\",le=\"+Inf\"} 100\n"
                  "db_query_duration_seconds_bucket{le=\"2.5\"} 9\n"
                  "db_query_duration_seconds_bucket{le=\"+Inf\"} 9\n"
                  "process_resident_memory_bytes 900000000\nprocess_open_fds 95\n"
                  "process_max_fds 100\ndb_pool_size 8\ndb_pool_in_use 8\ndb_pool_waiting 5\n"
                  "cache_requests_total{cache=\"trends\",result=\"hit\"} 10\n"
                  "cache_requests_total{cache=\"trends\",result=\"miss\"} 90\n"
                  "cache_requests_total{cache=\"principals\",result=\"hit\"} 9000\n"
                  "redis_connected{connection=\"commands\"} 0\n",
                  report);
  EXPECT_THAT(first(report, "latency", Level::warning).message, HasSubstr("at most 2.5 s"));
  EXPECT_THAT(first(report, "latency", Level::warning).mend, HasSubstr("statements are slow too"));
  EXPECT_THAT(first(report, "errors", Level::bad).message, HasSubstr("20 of 100"));
  EXPECT_THAT(first(report, "memory", Level::warning).message, HasSubstr("900 MB"));
  EXPECT_THAT(first(report, "limits", Level::bad).message, HasSubstr("95 of 100"));
  EXPECT_THAT(first(report, "pool", Level::bad).mend, HasSubstr("DATABASE_POOL_SIZE"));
  EXPECT_THAT(first(report, "redis", Level::warning).mend, HasSubstr("redis-cli"));
  EXPECT_EQ(std::ranges::count_if(report.findings(),
                                  [](const Finding& each) {
                                    return each.message.contains("the caches answer 10 %");
                                  }),
            1);
}

TEST(DoctorProcess, AnIdleOneIsWell) {
  Report report;
  examine_metrics("worker",
                  "process_resident_memory_bytes 40000000\nprocess_open_fds 20\n"
                  "process_max_fds 20000\ndb_pool_size 2\ndb_pool_in_use 1\ndb_pool_waiting 0\n"
                  "redis_connected{connection=\"commands\"} 1\n",
                  report);
  for (const Finding& finding : report.findings()) EXPECT_EQ(finding.level, Level::good);
}

// Accounts under three keys, of which one is in no list.
io::Task<> examine_three_secrets(db::Database& database, Report& report) {
  co_await database.execute(
      "INSERT INTO workspaces (id, name, time_zone, created_at, updated_at) "
      "VALUES ('w', 'w', 'UTC', 0, 0)");
  for (const std::string key : {"new", "old", "lost"}) {
    co_await database.execute(
        "INSERT INTO accounts (id, workspace_id, network, remote_id, handle, display_name, url, "
        "avatar_url, state, state_reason, details, credentials, created_at, updated_at, check_at) "
        "VALUES ($1, 'w', 'feed', $1, '', '', '', '', 'connected', '', '{}', $2, 0, 0, 0)",
        {key, key + ":sealed"});
  }
  co_await examine_keys(database, "new:a2V5,old:a2V5,older:a2V5", report);
}

class DoctorDatabase : public testing::TestWithParam<db::Dialect> {
 protected:
  Report examine_work_after(std::vector<std::pair<std::string, db::Params>> statements) {
    Report report;
    database_.run([&](db::Database& database) { return run(database, statements, report); });
    return report;
  }

  static io::Task<> run(db::Database& database,
                        std::vector<std::pair<std::string, db::Params>> statements,
                        Report& report) {
    for (auto& [sql, params] : statements) co_await database.execute(sql, params);
    const base::SystemClock clock;
    co_await examine_server(database, report);
    co_await examine_work(database, now, report);
    co_await examine_fleet(database, clock, report);
  }

  static std::pair<std::string, db::Params> beat(std::string name, std::string version,
                                                 base::Instant seen, std::string host = "here",
                                                 std::string role = "backend") {
    return {
        "INSERT INTO heartbeats (process, role, version, host, started_at, seen_at) "
        "VALUES ($1, $5, $2, $4, $3, $3)",
        {name, version, seen, host, role}};
  }

  // What is said of the pictures when processes run on these machines.
  Report examine_store_of(std::vector<std::string> hosts, std::string media_url = {}) {
    Report report;
    database_.run([&](db::Database& database) {
      return run_store(database, std::move(hosts), settings_of(std::move(media_url)), report);
    });
    return report;
  }

  Settings settings_of(std::string media_url) {
    Settings settings;
    settings.data_dir = folder_.path();
    settings.media.url = std::move(media_url);
    return settings;
  }

  static io::Task<> run_store(db::Database& database, std::vector<std::string> hosts,
                              Settings settings, Report& report) {
    for (const std::string& host : hosts) {
      auto [sql, params] = beat("process on " + host, "1", base::SystemClock().now(), host);
      co_await database.execute(sql, params);
    }
    co_await examine_store(settings, database, report);
  }

  Folder folder_;
  db::TestDatabase database_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, DoctorDatabase, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(DoctorDatabase, AFreshOneThatIsServedIsWell) {
  const Report report =
      examine_work_after({beat("a", "1", base::SystemClock().now(), "here", "all-in-one")});
  for (const Finding& finding : report.findings()) {
    EXPECT_EQ(finding.level, Level::good) << finding.message;
  }
}

TEST_P(DoctorDatabase, NobodyWhoPublishes) {
  const Report report = examine_work_after({beat("a", "1", now)});
  EXPECT_THAT(first(report, "scaling", Level::warning).message, HasSubstr("0 worker(s)"));
}

TEST_P(DoctorDatabase, PicturesOnOneOfSeveralMachines) {
  EXPECT_EQ(first(examine_store_of({"one", "one more"}), "media", Level::warning).mend,
            "MEDIA_URL=s3://BUCKET/PREFIX, or DATA_DIR on a shared disk (docs/media.md)");
}

TEST_P(DoctorDatabase, PicturesOfOneMachineOrInOnePlace) {
  EXPECT_EQ(first(examine_store_of({"one"}), "media", Level::warning).message, "");
  EXPECT_EQ(first(examine_store_of({"second", "third"}, "file://" + folder_.path().string()),
                  "media", Level::warning)
                .message,
            "");
}

TEST_P(DoctorDatabase, JobsThatFailedOrWait) {
  const auto job = [](std::string id, base::Instant run_at, db::Value failed) {
    return std::pair<std::string, db::Params>{
        "INSERT INTO jobs (id, kind, payload, run_at, attempts_max, failed_at, created_at) "
        "VALUES ($1, 'mail', '{}', $2, 5, $3, $2)",
        {id, run_at, failed}};
  };
  const Report report = examine_work_after(
      {job("a", now - 10min, nullptr), job("b", now - 1h, now - 1h), job("c", now + 1h, nullptr)});
  EXPECT_THAT(first(report, "queue", Level::bad).message, HasSubstr("1 background job(s)"));
  EXPECT_THAT(first(report, "queue", Level::warning).mend, HasSubstr("SELECT kind, last_error"));
}

TEST_P(DoctorDatabase, SourcesThatFailOrLag) {
  const auto source = [](std::string id, std::string state, db::Value lag) {
    return std::pair<std::string, db::Params>{
        "INSERT INTO source_state (source, fence, resume_from, state, message, mentions, rejected, "
        "errors, mentions_per_minute, lag_seconds, updated_at) "
        "VALUES ($1, 1, '', $2, '', 0, 0, 0, 0.0, $3, 0)",
        {id, state, lag}};
  };
  const Report report =
      examine_work_after({source("a", "failing", nullptr), source("b", "connected", 3600.0),
                          source("c", "connected", 5.0)});
  std::string said;
  for (const Finding& each : report.findings()) {
    if (each.subject == "sources") said += each.message + "; ";
  }
  EXPECT_EQ(said,
            "1 source(s) cannot be read; 1 source(s) are more than a quarter of an hour "
            "behind; ");
}

TEST_P(DoctorDatabase, ProcessesThatVanishedAndVersionsThatMix) {
  const base::Instant seen = base::SystemClock().now();
  const Report report =
      examine_work_after({beat("killed", "1", seen - 5min), beat("old", "1", seen),
                          beat("new", "2", seen), beat("long ago", "1", seen - 3h)});
  EXPECT_THAT(first(report, "memory", Level::warning).message, HasSubstr("1 process(es) vanished"));
  EXPECT_THAT(first(report, "scaling", Level::warning).message, HasSubstr("2 versions"));
  EXPECT_THAT(first(report, "scaling", Level::good).message, HasSubstr("alive: 2 backend"));
}

TEST_P(DoctorDatabase, KeysThatAreStillNeededAndOneThatIsLost) {
  Report report;
  database_.run([&](db::Database& database) { return examine_three_secrets(database, report); });
  std::string said;
  for (const Finding& each : report.findings()) said += each.message + "; ";
  EXPECT_THAT(said, HasSubstr("1 stored secret(s) need the key old: keep it"));
  EXPECT_THAT(said, HasSubstr("no stored secret needs the key older any more"));
  EXPECT_THAT(first(report, "APP_KEY", Level::bad).message, HasSubstr("of 1 account(s)"));
}

class DoctorPostgres : public DoctorDatabase {};
INSTANTIATE_TEST_SUITE_P(Databases, DoctorPostgres, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

// The one that waits, the one that holds and the one that looks are three clients.
io::Task<> examine_beside_a_lock(const db::TestDatabase& where, Report& report) {
  const io::Executor loop = co_await asio::this_coro::executor;
  const auto holds = where.open(loop);
  const auto waits = where.open(loop);
  const auto looks = where.open(loop);
  const auto holder = co_await holds->begin();
  co_await holder->execute("LOCK TABLE heartbeats IN ACCESS EXCLUSIVE MODE");
  io::Supervisor tasks(loop);
  const auto wait = [](db::Database& database) -> io::Task<> {
    co_await database.execute("SELECT count(*) AS n FROM heartbeats");
  };
  tasks.start_once("waits", [&] { return wait(*waits); });
  for (int look = 0; look < 200 && first(report, "latency", Level::bad).message.empty(); ++look) {
    co_await io::sleep_for(50ms);
    co_await examine_server(*looks, report);
  }
  co_await holder->commit();
  co_await tasks.join();
  co_await waits->close();
  co_await looks->close();
  co_await holds->close();
}

TEST_P(DoctorPostgres, StatementsThatWaitForALock) {
  if (GetParam() == db::Dialect::sqlite) GTEST_SKIP() << "SQLite has one writer and no such view";
  Report report;
  io::run([&] { return examine_beside_a_lock(database_, report); });
  EXPECT_THAT(first(report, "latency", Level::bad).message, HasSubstr("wait for a lock"));
  EXPECT_THAT(first(report, "latency", Level::bad).mend, HasSubstr("pg_blocking_pids"));
}

}  // namespace
}  // namespace app::doctor
