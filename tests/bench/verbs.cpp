#include "base/crypto.h"
#include "db/migrate.h"
#include "db/testing.h"
#include "http/server.h"
#include "networks/doubles/webhook.h"
#include "posts/store.h"
#include "publish_bench.h"
#include "seeding.h"
#include "working.h"

#include <cstdio>

#include <fmt/format.h>

namespace bench {

namespace {

using Steady = std::chrono::steady_clock;

double milliseconds_since(Steady::time_point start) {
  return std::chrono::duration<double, std::milli>(Steady::now() - start).count();
}

// The rows say what was done; the benchmark is worth nothing when they do not.
io::Task<> check_published(db::Database& database, std::int64_t count) {
  auto rows = co_await database.execute(
      "SELECT (SELECT COUNT(*) FROM targets WHERE state = 'published' AND workspace_id <> 'stored')"
      " AS published, (SELECT COUNT(*) FROM attempts WHERE outcome = 'published') AS attempts,"
      " (SELECT SUM(LENGTH(story) - LENGTH(REPLACE(story, '\"event\"', '\"even\"'))) FROM attempts)"
      " AS entries");
  const auto published = rows[0]["published"].integer();
  const auto attempts = rows[0]["attempts"].integer();
  if (published != count || attempts != count || rows[0]["entries"].integer() < 3 * count) {
    throw std::runtime_error(
        fmt::format("of {} targets {} are published, {} attempts", count, published, attempts));
  }
}

}  // namespace

io::Task<json::object> run_seed(Options options) {
  auto database = open_database(co_await asio::this_coro::executor, options);
  co_await db::migrate(*database, db::source_migrations(database->dialect()));
  if (options.stored > 0) co_await store_more(*database, options.stored);
  Wish wish{.targets = options.targets,
            .accounts = options.accounts,
            .due = base::SystemClock().now() + std::chrono::milliseconds(options.ahead_ms),
            .network = "instant"};
  if (!options.receiver.empty()) {
    wish.network = "webhook";
    wish.credentials = {{"url", options.receiver}, {"secret", "a-secret-of-the-double"}};
    wish.details = {{"deduplicates", options.retry_class == "key"}};
  }
  co_await seed(*database, wish);
  if (database->dialect() == db::Dialect::postgres) {
    for (const char* table : {"posts", "targets", "queue", "accounts"}) {
      co_await database->execute(fmt::format("VACUUM ANALYZE {}", table));
    }
  }
  co_await database->close();
  co_return json::object{{"due", base::to_micros(wish.due)}};
}

io::Task<json::object> run_work(Options options) {
  const io::Executor executor = co_await asio::this_coro::executor;
  auto database = open_database(executor, options);
  Working working(executor, *database, options);
  if (options.due > 0) {
    co_await database->execute("UPDATE targets SET due_at = $1, ready_at = $1", {options.due});
  }
  const auto start = Steady::now();
  const double processor = processor_seconds();
  working.start();
  co_await working.finish(static_cast<std::size_t>(options.targets));
  const double took = milliseconds_since(start) / 1e3;
  json::object found{{"seconds", took},
                     {"rate", static_cast<double>(options.targets) / took},
                     {"processor_seconds", processor_seconds() - processor},
                     {"resident_mb", resident_peak()},
                     {"started", working.network().starts().size()}};
  if (options.due > 0) {
    found["lateness_ms"] = lateness(working.network().starts(), base::from_micros(options.due));
  }
  co_await working.stop();
  co_await check_published(*database, options.targets);
  co_await database->close();
  co_return found;
}

// From the person's click, as far as publishing knows of it, to the first byte.
io::Task<json::object> run_now(Options options) {
  const io::Executor executor = co_await asio::this_coro::executor;
  auto database = open_database(executor, options);
  Working working(executor, *database, options);
  working.start();
  auto accounts = co_await database->execute("SELECT id, workspace_id FROM accounts");
  std::vector<double> times;
  for (std::int64_t i = 0; i < options.targets; ++i) {
    co_await io::sleep_for(std::chrono::milliseconds(5));
    const db::Row& account = accounts[static_cast<std::size_t>(i) % accounts.size()];
    const auto workspace = account["workspace_id"].id<base::WorkspaceId>();
    const base::Instant now = working.clock().now();
    const auto start = Steady::now();
    posts::PostInput input{.parts = {{.text = fmt::format("Now, for the {}th time", i)}},
                           .when = {.type = posts::WhenType::now}};
    const auto post = base::PostId::make();
    auto tx = co_await database->begin();
    co_await posts::insert_post(*tx,
                                {.id = post,
                                 .workspace = workspace,
                                 .author = base::UserId::make(),
                                 .input = input,
                                 .due_at = now,
                                 .time_zone = "UTC"},
                                now);
    const posts::PlannedTarget planned{.account = account["id"].id<base::AccountId>(),
                                       .account_handle = "@somebody",
                                       .network = "instant",
                                       .text_hash = "",
                                       .state = posts::TargetState::scheduled,
                                       .due_at = now};
    co_await posts::write_targets(*tx, post, workspace, {planned}, {}, {}, {}, now);
    co_await tx->commit();
    working.worker().wake();
    const auto count = static_cast<std::size_t>(i) + 1;
    while (working.network().starts().size() < count) co_await io::yield();
    times.push_back(milliseconds_since(start));
    co_await working.finish(count);
  }
  co_await working.stop();
  co_await database->close();
  co_return json::object{{"now_ms", quantiles(std::move(times))}};
}

io::Task<json::object> run_claim(Options options) {
  const io::Executor executor = co_await asio::this_coro::executor;
  auto database = open_database(executor, options);
  const base::SystemClock clock;
  publishing::Store store(*database, clock, "bench");
  std::vector<double> looking;
  std::vector<double> claiming;
  for (int i = 0; i < 20; ++i) {
    auto start = Steady::now();
    co_await store.next_ready();
    looking.push_back(milliseconds_since(start));
    start = Steady::now();
    const auto works =
        co_await store.claim(clock.now(), clock.now() + std::chrono::minutes(5), 100);
    claiming.push_back(milliseconds_since(start));
    if (works.size() != 100) throw std::runtime_error("there were not 100 due targets to claim");
  }
  co_await database->close();
  co_return json::object{{"next_ready_ms", quantiles(std::move(looking))},
                         {"claim_100_ms", quantiles(std::move(claiming))}};
}

io::Task<json::object> run_double(Options) {
  const io::Executor executor = co_await asio::this_coro::executor;
  const base::SystemClock clock;
  using networks::doubles::WebhookDouble;
  WebhookDouble receiver(clock, WebhookDouble::Keeps::each_key_once);
  http::Server server(executor, {},
                      std::shared_ptr<const http::Router>(&receiver.routes(), [](auto*) {}));
  server.start();
  std::printf("{\"url\": \"http://127.0.0.1:%d/hook\"}\n", int{server.port()});
  std::fflush(stdout);
  while (true) co_await io::sleep_for(std::chrono::hours(1));
}

}  // namespace bench
