#include "jobs/queue.h"

#include "base/error.h"
#include "base/metrics.h"
#include "db/testing.h"

#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace jobs {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class QueueTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase test_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, QueueTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

base::VirtualClock make_clock() {
  return base::VirtualClock(*base::parse_rfc3339("2026-11-23T09:00:00Z"));
}

// Writes down what ran; fails the first `failures` times.
class Recorder {
 public:
  explicit Recorder(int failures = 0) : failures_(failures) {}

  io::Task<> operator()(Job job) {
    jobs.push_back(std::move(job));
    if (failures_ > 0) {
      --failures_;
      throw base::Unavailable("the other side is away");
    }
    co_return;
  }
  Queue::Handler handler() {
    return [this](Job job) { return (*this)(std::move(job)); };
  }

  std::vector<Job> jobs;

 private:
  int failures_;
};

io::Task<db::Rows> all_jobs(db::Database& database) {
  return database.execute("SELECT * FROM jobs ORDER BY id");
}

io::Task<> run_when_due(db::Database& database) {
  base::VirtualClock clock = make_clock();
  Queue queue(database, clock, "worker");
  Recorder recorder;
  queue.handle("greet", recorder.handler());
  co_await queue.enqueue(database, "greet", R"({"to":"you"})", {.run_at = clock.now() + 10s});
  co_await queue.enqueue(database, "unknown here", "{}", {.run_at = clock.now()});
  EXPECT_EQ(co_await queue.run_due(), 0U);
  EXPECT_EQ(co_await queue.depth(), 1);
  clock.advance(10s);
  EXPECT_EQ(co_await queue.depth(), 2);
  EXPECT_THAT(metrics::expose(), HasSubstr("queue_depth{queue=\"jobs\"} 2"));
  EXPECT_EQ(co_await queue.run_due(), 1U);
  EXPECT_EQ(recorder.jobs.size(), 1U);
  EXPECT_EQ(recorder.jobs[0].payload, R"({"to":"you"})");
  EXPECT_EQ(recorder.jobs[0].attempt, 1);
  EXPECT_EQ(recorder.jobs[0].fence, 1);
  const db::Rows left = co_await all_jobs(database);
  EXPECT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0]["kind"].text(), "unknown here");
}

TEST_P(QueueTest, RunsWhatIsDueOfItsKinds) { test_.run(run_when_due); }

io::Task<> enqueue_with_data(db::Database& database) {
  base::VirtualClock clock = make_clock();
  Queue queue(database, clock, "worker");
  {
    const auto dropped = co_await database.begin();
    co_await queue.enqueue(*dropped, "greet", "{}", {.run_at = clock.now()});
  }
  EXPECT_TRUE((co_await all_jobs(database)).empty());
  const auto kept = co_await database.begin();
  co_await queue.enqueue(*kept, "greet", "{}", {.run_at = clock.now()});
  co_await kept->commit();
  EXPECT_EQ((co_await all_jobs(database)).size(), 1U);
}

TEST_P(QueueTest, AJobLivesAndDiesWithItsTransaction) { test_.run(enqueue_with_data); }

io::Task<> retry_with_backoff(db::Database& database) {
  base::VirtualClock clock = make_clock();
  Queue queue(database, clock, "worker", {.backoff_min = 4s, .backoff_max = 10s});
  Recorder recorder(1'000);
  queue.handle("greet", recorder.handler());
  co_await queue.enqueue(database, "greet", "{}", {.run_at = clock.now(), .attempts_max = 4});
  for (const std::chrono::milliseconds pause : {4s, 8s, 10s}) {  // doubled, and bounded
    EXPECT_EQ(co_await queue.run_due(), 1U);
    const db::Rows rows = co_await all_jobs(database);
    const base::Duration wait = rows[0]["run_at"].instant() - clock.now();
    EXPECT_GE(wait, pause * 3 / 4);
    EXPECT_LE(wait, pause * 5 / 4);
    EXPECT_TRUE(rows[0]["failed_at"].is_null());
    EXPECT_EQ(rows[0]["last_error"].text(), "the other side is away");
    EXPECT_EQ(co_await queue.run_due(), 0U);
    clock.advance(wait);
  }
  EXPECT_EQ(co_await queue.run_due(), 1U);
  EXPECT_EQ(recorder.jobs.back().attempt, 4);
  const db::Rows rows = co_await all_jobs(database);
  EXPECT_EQ(rows[0]["failed_at"].instant(), clock.now());
  clock.advance(24h);
  EXPECT_EQ(co_await queue.run_due(), 0U);
  clock.advance(30 * 24h);
  co_await queue.run_due();
  EXPECT_TRUE((co_await all_jobs(database)).empty());  // forgotten in the end
}

TEST_P(QueueTest, RetriesWithGrowingPausesThenGivesUp) { test_.run(retry_with_backoff); }

io::Task<> keep_keys_unique(db::Database& database) {
  base::VirtualClock clock = make_clock();
  Queue queue(database, clock, "worker");
  int runs = 0;
  const JobOptions options{.run_at = clock.now(), .unique_key = "check 1"};
  // While it runs it queues the same once more (twice): what changed meanwhile needs another look.
  struct Context {
    Queue* queue;
    db::Database* database;
    JobOptions options;
    int* runs;
    static io::Task<> run(Context self, Job) {
      if (++*self.runs > 1) co_return;
      co_await self.queue->enqueue(*self.database, "check", "{}", self.options);
      co_await self.queue->enqueue(*self.database, "check", "{}", self.options);
    }
  };
  const Context context{&queue, &database, options, &runs};
  queue.handle("check", [context](Job job) { return Context::run(context, std::move(job)); });
  for (int i = 0; i < 3; ++i) co_await queue.enqueue(database, "check", "{}", options);
  EXPECT_EQ((co_await all_jobs(database)).size(), 1U);
  EXPECT_EQ(co_await queue.run_due(), 2U);
  EXPECT_EQ(runs, 2);
  EXPECT_TRUE((co_await all_jobs(database)).empty());
}

TEST_P(QueueTest, AKeyWaitsOnce) { test_.run(keep_keys_unique); }

io::Task<> supersede(db::Database& database) {
  base::VirtualClock clock = make_clock();
  Queue queue(database, clock, "worker");
  const JobOptions later{.run_at = clock.now() + 1h, .unique_key = "check 1"};
  struct Context {
    Queue* queue;
    db::Database* database;
    JobOptions options;
    static io::Task<> run(Context self, Job) {
      co_await self.queue->enqueue(*self.database, "check", "newer", self.options);
      throw base::Unavailable("not now");
    }
  };
  const Context context{&queue, &database, later};
  queue.handle("check", [context](Job job) { return Context::run(context, std::move(job)); });
  co_await queue.enqueue(database, "check", "older",
                         {.run_at = clock.now(), .unique_key = "check 1"});
  EXPECT_EQ(co_await queue.run_due(), 1U);
  const db::Rows rows = co_await all_jobs(database);
  EXPECT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["payload"].text(), "newer");
}

TEST_P(QueueTest, AFailedJobGivesWayToOneThatWaitsUnderItsKey) { test_.run(supersede); }

// A worker that claims and dies: the claim is made by hand, as nobody answers for it.
io::Task<> claim_and_die(db::Database& database, base::Instant now) {
  co_await database.execute(
      "UPDATE jobs SET owner = 'dead', attempt = attempt + 1, fence = fence + 1, "
      "lease_until = $1, run_at = $1",
      {now + 60s});
}

io::Task<> rescue(db::Database& database) {
  base::VirtualClock clock = make_clock();
  Queue queue(database, clock, "worker");
  Recorder recorder;
  queue.handle("greet", recorder.handler());
  co_await queue.enqueue(database, "greet", "{}", {.run_at = clock.now(), .attempts_max = 2});
  co_await claim_and_die(database, clock.now());
  clock.advance(59s);
  EXPECT_EQ(co_await queue.run_due(), 0U);
  EXPECT_EQ(co_await queue.depth(), 0);
  clock.advance(1s);
  EXPECT_EQ(co_await queue.run_due(), 1U);
  EXPECT_EQ(recorder.jobs[0].attempt, 2);
  EXPECT_EQ(recorder.jobs[0].fence, 2);
}

TEST_P(QueueTest, RescuesWhatADeadWorkerHeld) { test_.run(rescue); }

io::Task<> give_up_on_killers(db::Database& database) {
  base::VirtualClock clock = make_clock();
  Queue queue(database, clock, "worker");
  Recorder recorder;
  queue.handle("greet", recorder.handler());
  co_await queue.enqueue(database, "greet", "{}", {.run_at = clock.now(), .attempts_max = 2});
  for (int attempt = 0; attempt < 2; ++attempt) {
    co_await claim_and_die(database, clock.now());
    clock.advance(60s);
  }
  EXPECT_EQ(co_await queue.run_due(), 0U);
  const db::Rows rows = co_await all_jobs(database);
  EXPECT_EQ(rows[0]["failed_at"].instant(), clock.now());
  EXPECT_EQ(rows[0]["last_error"].text(), "its workers died");
}

TEST_P(QueueTest, AJobThatKillsItsWorkersFails) { test_.run(give_up_on_killers); }

io::Task<> lose_the_lease(db::Database& database) {
  base::VirtualClock clock = make_clock();
  Queue queue(database, clock, "sleeper");
  struct Context {
    db::Database* database;
    base::VirtualClock* clock;
    static io::Task<> run(Context self, Job) {
      self.clock->advance(61s);
      co_await claim_and_die(*self.database, self.clock->now());  // another worker has it now
    }
  };
  const Context context{&database, &clock};
  queue.handle("greet", [context](Job job) { return Context::run(context, std::move(job)); });
  co_await queue.enqueue(database, "greet", "{}", {.run_at = clock.now()});
  EXPECT_EQ(co_await queue.run_due(), 1U);
  const db::Rows rows = co_await all_jobs(database);
  EXPECT_EQ(rows.size(), 1U);  // the sleeper's "done" is not believed
  EXPECT_EQ(rows[0]["owner"].text(), "dead");
}

TEST_P(QueueTest, ASleeperCannotFinishAnothersJob) { test_.run(lose_the_lease); }

// Jobs that note who ran them, on a database connection of their worker's own.
struct Worker {
  db::Database* database;
  int* ran;
  static io::Task<> run(Worker self, Job job) {
    co_await self.database->execute("INSERT INTO runs (id) VALUES ($1)", {job.payload});
    ++*self.ran;
  }
};

io::Task<> work_until_empty(const db::TestDatabase* test, std::string name, int* ran) {
  const auto executor = co_await asio::this_coro::executor;
  const auto database = test->open(executor, {.pool_size = 4});
  const base::SystemClock clock;
  Queue queue(*database, clock, std::move(name));
  const Worker worker{database.get(), ran};
  queue.handle("count", [worker](Job job) { return Worker::run(worker, std::move(job)); });
  io::Supervisor supervisor(executor);
  supervisor.start("queue", [&queue] { return queue.run(16); });
  while (!(co_await all_jobs(*database)).empty()) co_await io::sleep_for(5ms);
  supervisor.stop();
  co_await supervisor.join();
  co_await database->close();
}

io::Task<> enqueue_many(db::Database& database, int total) {
  const base::SystemClock clock;
  Queue queue(database, clock, "none");
  co_await database.execute("CREATE TABLE runs (id TEXT PRIMARY KEY)");
  const auto transaction = co_await database.begin();
  for (int i = 0; i < total; ++i) {
    co_await queue.enqueue(*transaction, "count", std::to_string(i), {.run_at = clock.now()});
  }
  co_await transaction->commit();
}

io::Task<> count_runs(db::Database& database, std::int64_t* runs) {
  const db::Rows rows = co_await database.execute("SELECT count(*) FROM runs");
  *runs = rows[0][0].integer();
}

TEST_P(QueueTest, SeveralWorkersShareTheJobsAndRunEachOnce) {
  const int total = 400;
  test_.run([](db::Database& database) { return enqueue_many(database, total); });
  std::vector<int> ran(4, 0);
  std::vector<std::thread> workers;
  for (std::size_t index = 0; index < ran.size(); ++index) {
    workers.emplace_back([this, index, &ran] {
      io::run(
          [&] { return work_until_empty(&test_, "worker " + std::to_string(index), &ran[index]); });
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(std::accumulate(ran.begin(), ran.end(), 0), total);
  std::int64_t runs = 0;
  test_.run([&runs](db::Database& database) { return count_runs(database, &runs); });
  EXPECT_EQ(runs, total);
}

struct Sleeper {
  io::Event* started;
  bool* unwound;
  static io::Task<> run(Sleeper self, Job) {
    struct Unwound {
      bool* flag;
      ~Unwound() { *flag = true; }
    } const guard{self.unwound};
    self.started->notify();
    co_await io::sleep_for(1h);
  }
};

io::Task<> stop_in_the_middle(db::Database& database) {
  const auto executor = co_await asio::this_coro::executor;
  base::VirtualClock clock = make_clock();
  Queue queue(database, clock, "worker");
  io::Event started(executor);
  bool unwound = false;
  const Sleeper sleeper{&started, &unwound};
  queue.handle("sleep", [sleeper](Job job) { return Sleeper::run(sleeper, std::move(job)); });
  io::Supervisor supervisor(executor);
  supervisor.start("queue", [&queue] { return queue.run(4); });
  co_await queue.enqueue(database, "sleep", "{}", {.run_at = clock.now(), .attempts_max = 1});
  co_await started.wait();
  EXPECT_EQ(co_await queue.depth(), 0);
  supervisor.stop();
  co_await supervisor.join();
  EXPECT_TRUE(unwound);
  const db::Rows rows = co_await all_jobs(database);
  EXPECT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["attempt"].integer(), 0);  // given back, uncounted
  EXPECT_TRUE(rows[0]["lease_until"].is_null());
  EXPECT_TRUE(rows[0]["failed_at"].is_null());
  EXPECT_EQ(rows[0]["run_at"].instant(), clock.now());
}

TEST_P(QueueTest, AStoppedRunGivesItsJobsBack) { test_.run(stop_in_the_middle); }

io::Task<> renew_while_running(db::Database& database) {
  const auto executor = co_await asio::this_coro::executor;
  base::VirtualClock clock = make_clock();
  Queue queue(database, clock, "worker", {.lease_ttl = 30ms});
  io::Event started(executor);
  bool unwound = false;
  const Sleeper sleeper{&started, &unwound};
  queue.handle("sleep", [sleeper](Job job) { return Sleeper::run(sleeper, std::move(job)); });
  io::Supervisor supervisor(executor);
  supervisor.start("queue", [&queue] { return queue.run(4); });
  co_await queue.enqueue(database, "sleep", "{}", {.run_at = clock.now()});
  co_await started.wait();
  clock.advance(10ms);
  const base::Instant renewed = clock.now() + 30ms;
  for (db::Rows rows; rows.empty() || rows[0][0].instant() != renewed;) {
    rows = co_await database.execute("SELECT lease_until FROM jobs");  // until the test times out
  }
  supervisor.stop();
  co_await supervisor.join();
}

TEST_P(QueueTest, ARunningJobKeepsItsLease) { test_.run(renew_while_running); }

}  // namespace
}  // namespace jobs
