// socialtrend doctor: looks for what is wrong with this installation, and prints what helps.
#include "app/assets.h"
#include "app/commands.h"
#include "db/database.h"
#include "db/migrate.h"
#include "http/curl_client.h"
#include "jobs/heartbeat.h"
#include "media/converter.h"
#include "media/garbage.h"
#include "media/open_store.h"
#include "redis/connection.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/statvfs.h>

namespace app {
namespace {

constexpr std::uint64_t disk_free_min = 500ull * 1024 * 1024;

struct Finding {
  enum class Level { good, warning, bad } level = Level::good;
  std::string subject;
  std::string message;
  std::string mend = {};
};

using Findings = std::vector<Finding>;

void check_settings(const LoadedSettings& loaded, Findings& findings) {
  for (const std::string& problem : loaded.problems) {
    findings.push_back({Finding::Level::bad, "settings", problem, "socialtrend config"});
  }
  if (loaded.problems.empty()) {
    findings.push_back({Finding::Level::good, "settings", "every key is known and in range"});
  }
  const Settings& settings = loaded.settings;
  if (const auto vault = open_vault(settings); !vault) {
    findings.push_back(
        {Finding::Level::bad, "APP_KEY", vault.error().message, "socialtrend config --make-key"});
  }
  const bool exposed =
      settings.bind != "127.0.0.1" && settings.bind != "::1" && settings.bind != "localhost";
  if (exposed && settings.public_url.empty()) {
    findings.push_back({Finding::Level::warning, "PUBLIC_URL",
                        "is not set: links in feeds and invitations are guessed from each request",
                        "set PUBLIC_URL=https://your.address"});
  }
  if (exposed && settings.public_url.starts_with("http://")) {
    findings.push_back({Finding::Level::warning, "PUBLIC_URL",
                        "is not https: passwords travel in the clear",
                        "put a TLS proxy in front (docs/operating/README.md)"});
  }
}

// Pictures are kept at all, and can be made to fit.
void check_media(const Settings& settings, Findings& findings) {
  asio::io_context loop;
  const media::ProgramConverter converter(loop.get_executor(), settings.media.converter);
  if (converter.available()) {
    findings.push_back({Finding::Level::good, "media", "pictures are made to fit each network"});
  } else {
    findings.push_back({Finding::Level::warning, "media",
                        "socialtrend-convert is not here: pictures that do not fit a network are "
                        "refused, and what a camera noted stays in the others",
                        "put it beside this program, or set MEDIA_CONVERTER"});
  }
}

io::Task<> check_store(const Settings& settings, db::Database& database, Findings& findings) {
  const auto client = http::make_curl_client(co_await asio::this_coro::executor,
                                             {.addresses = http::AddressPolicy::allow_all()});
  const auto store =
      media::open_store(settings.media, *client, (settings.data_dir / "media").string());
  const base::SystemClock clock;
  const media::StoreReport report = co_await media::inspect(database, clock, *store);
  if (report.missing > 0) {
    findings.push_back({Finding::Level::bad, "media",
                        fmt::format("{} of {} file(s) are not in {}, such as {}", report.missing,
                                    report.rows, store->name(), report.missing_examples.front()),
                        "restore them from a backup, or upload the pictures again"});
  } else {
    findings.push_back({Finding::Level::good, "media",
                        fmt::format("{} file(s) in {}", report.rows, store->name())});
  }
  if (report.orphans > 0) {
    findings.push_back(
        {Finding::Level::warning, "media",
         fmt::format("{} file(s) in {} belong to nothing", report.orphans, store->name()),
         "nothing: a worker removes them within a day"});
  }
}

void check_disk(const Settings& settings, Findings& findings) {
  struct statvfs disk{};
  if (statvfs(settings.data_dir.c_str(), &disk) != 0) {
    findings.push_back({Finding::Level::warning, "disk",
                        fmt::format("{} is not there yet; it is made at the first start",
                                    settings.data_dir.string())});
    return;
  }
  const std::uint64_t free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  const std::string message =
      fmt::format("{} MB free in {}", free / 1'000'000, settings.data_dir.string());
  if (free < disk_free_min) {
    findings.push_back(
        {Finding::Level::bad, "disk", message, "free some space, or set DATA_DIR to another disk"});
  } else {
    findings.push_back({Finding::Level::good, "disk", message});
  }
}

io::Task<> check_clock(db::Database& database, Findings& findings) {
  if (database.dialect() == db::Dialect::sqlite) co_return;
  const auto rows = co_await database.execute(
      "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS now");
  const auto skew = std::chrono::abs(base::SystemClock().now() - rows[0]["now"].instant());
  const std::string message = fmt::format(
      "{:.2f} s between this machine's clock and the database's", base::to_seconds(skew));
  if (skew > std::chrono::seconds(2)) {
    findings.push_back(
        {Finding::Level::bad, "clock", message, "run an NTP client on every machine"});
  } else {
    findings.push_back({Finding::Level::good, "clock", message});
  }
}

io::Task<> check_queues(db::Database& database, Findings& findings) {
  const base::Instant now = base::SystemClock().now();
  const auto overdue = co_await database.execute(
      "SELECT count(*) AS n, min(due_at) AS oldest FROM targets WHERE state = 'scheduled' AND "
      "due_at < $1",
      {now - std::chrono::minutes(1)});
  const std::int64_t count = overdue[0]["n"].integer();
  if (count > 0) {
    findings.push_back({Finding::Level::bad, "publishing",
                        fmt::format("{} target(s) are overdue, the oldest since {}", count,
                                    base::format_rfc3339(overdue[0]["oldest"].instant())),
                        "start or add workers: socialtrend worker"});
  } else {
    findings.push_back({Finding::Level::good, "publishing", "nothing is overdue"});
  }
  const auto decisions =
      co_await database.execute("SELECT count(*) AS n FROM targets WHERE state = 'needs_decision'");
  if (const std::int64_t waiting = decisions[0]["n"].integer(); waiting > 0) {
    findings.push_back({Finding::Level::warning, "publishing",
                        fmt::format("{} target(s) wait for a person's decision", waiting),
                        "open Posts in the page"});
  }
  const auto broken =
      co_await database.execute("SELECT count(*) AS n FROM accounts WHERE state = 'broken'");
  if (const std::int64_t accounts = broken[0]["n"].integer(); accounts > 0) {
    findings.push_back({Finding::Level::warning, "accounts",
                        fmt::format("{} account(s) must be connected again", accounts),
                        "open Accounts in the page"});
  }
  const auto sources =
      co_await database.execute("SELECT count(*) AS n FROM source_state WHERE state = 'failing'");
  if (const std::int64_t failing = sources[0]["n"].integer(); failing > 0) {
    findings.push_back({Finding::Level::warning, "sources",
                        fmt::format("{} source(s) cannot be read", failing),
                        "open Sources in the page: each says why"});
  }
}

io::Task<> check_database(const Settings& settings, Findings& findings) {
  const auto database = db::open(co_await asio::this_coro::executor,
                                 {.url = settings.database_url, .pool_size = 1, .create = false});
  co_await database->execute("SELECT 1");
  findings.push_back(
      {Finding::Level::good, "database", db::masked_url(settings.database_url) + " answers"});
  const auto missing = co_await db::pending(
      *database, db::migrations_for(database->dialect(), embedded_migrations()));
  if (!missing.empty()) {
    findings.push_back({Finding::Level::bad, "schema",
                        fmt::format("{} migration(s) are missing", missing.size()),
                        "socialtrend migrate"});
  } else {
    findings.push_back({Finding::Level::good, "schema", "is that of this version"});
    co_await check_clock(*database, findings);
    co_await check_queues(*database, findings);
    co_await check_store(settings, *database, findings);
  }
  co_await database->close();
}

io::Task<> check_redis(redis::Endpoint endpoint, Findings& findings) {
  const auto connection = co_await redis::Connection::open({.endpoint = endpoint});
  if (connection) {
    findings.push_back({Finding::Level::good, "redis", endpoint.name() + " answers"});
  } else {
    findings.push_back({Finding::Level::warning, "redis", connection.error(),
                        "nothing is lost without it; is it running, and is REDIS_URL right?"});
  }
}

void print(const Findings& findings) {
  for (const Finding& finding : findings) {
    const char* mark = finding.level == Finding::Level::good      ? "ok     "
                       : finding.level == Finding::Level::warning ? "warning"
                                                                  : "BAD    ";
    fmt::print("{} {:11} {}\n", mark, finding.subject, finding.message);
    if (!finding.mend.empty()) fmt::print("        what helps: {}\n", finding.mend);
  }
}

}  // namespace

int run_doctor(const LoadedSettings& loaded) {
  Findings findings;
  check_settings(loaded, findings);
  check_disk(loaded.settings, findings);
  check_media(loaded.settings, findings);
  const bool never_started = is_embedded(loaded.settings) &&
                             !std::filesystem::exists(loaded.settings.data_dir / "socialtrend.db");
  if (never_started) {
    findings.push_back({Finding::Level::warning, "database",
                        "is not there yet; it is made at the first start", "./run"});
  } else {
    try {
      io::run([&] { return check_database(loaded.settings, findings); });
    } catch (const std::exception& error) {  // the finding itself
      findings.push_back({Finding::Level::bad, "database", error.what(),
                          "is it running, and is DATABASE_URL right? See: socialtrend config"});
    }
  }
  if (const auto redis = redis::endpoint_of(loaded.settings.redis); redis && *redis) {
    io::run([&] { return check_redis(**redis, findings); });
  }
  print(findings);
  const bool bad = std::ranges::any_of(
      findings, [](const Finding& finding) { return finding.level == Finding::Level::bad; });
  return bad ? 1 : 0;
}

}  // namespace app
