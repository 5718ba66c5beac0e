// socialtrend doctor: looks for what is wrong with this installation, and prints what helps.
#include "app/doctor.h"

#include "app/assets.h"
#include "app/commands.h"
#include "db/migrate.h"
#include "http/curl_client.h"
#include "redis/connection.h"

#include <algorithm>

#include <fmt/format.h>

namespace app {
namespace doctor {

void Report::good(std::string subject, std::string message) {
  findings_.push_back({Level::good, std::move(subject), std::move(message)});
}

void Report::warn(std::string subject, std::string message, std::string mend) {
  findings_.push_back({Level::warning, std::move(subject), std::move(message), std::move(mend)});
}

void Report::bad(std::string subject, std::string message, std::string mend) {
  findings_.push_back({Level::bad, std::move(subject), std::move(message), std::move(mend)});
}

bool Report::any_bad() const {
  return std::ranges::any_of(findings_,
                             [](const Finding& finding) { return finding.level == Level::bad; });
}

namespace {

io::Task<> examine_database(const Settings& settings, Report& report) {
  const base::SystemClock clock;
  const auto database = db::open(co_await asio::this_coro::executor,
                                 {.url = settings.database_url, .pool_size = 1, .create = false});
  co_await database->execute("SELECT 1");
  report.good("database", db::masked_url(settings.database_url) + " answers");
  co_await examine_server(*database, report);
  const auto missing = co_await db::pending(
      *database, db::migrations_for(database->dialect(), embedded_migrations()));
  if (!missing.empty()) {
    report.bad("schema", fmt::format("{} migration(s) are missing", missing.size()),
               "socialtrend migrate");
  } else {
    report.good("schema", "is that of this version");
    co_await examine_work(*database, clock.now(), report);
    co_await examine_fleet(*database, clock, report);
    co_await examine_keys(*database, settings.app_key, report);
    co_await examine_replica(settings, *database, report);
    co_await examine_store(settings, *database, report);
  }
  co_await database->close();
}

io::Task<> examine_redis(redis::Endpoint endpoint, Report& report) {
  const auto started = std::chrono::steady_clock::now();
  const auto connection = co_await redis::Connection::open({.endpoint = endpoint});
  if (connection) {
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - started;
    report.good("redis", fmt::format("{} answers within {:.0f} ms", endpoint.name(), took.count()));
  } else {
    report.warn("redis", connection.error(),
                "nothing is lost without it; is it running, and is REDIS_URL right?");
  }
}

// The processes of this machine at their usual ports, unless addresses were given.
std::vector<std::string> usual_addresses(const Settings& settings) {
  std::vector<std::int64_t> ports{settings.port};
  for (const std::int64_t port : {8000, 5000, 9100}) {
    if (port != settings.port) ports.push_back(port);
  }
  std::vector<std::string> addresses;
  for (const std::int64_t port : ports) {
    addresses.push_back(fmt::format("http://127.0.0.1:{}", port));
  }
  return addresses;
}

io::Task<> examine_network(const Settings& settings, std::vector<std::string> addresses,
                           Report& report) {
  const auto client = http::make_curl_client(co_await asio::this_coro::executor,
                                             {.addresses = http::AddressPolicy::allow_all()});
  const bool named = !addresses.empty();
  if (!named) addresses = usual_addresses(settings);
  co_await examine_processes(*client, std::move(addresses), named, report);
  co_await examine_public_address(*client, settings.public_url, base::SystemClock().now(), report);
}

void print(const Report& report) {
  for (const Finding& finding : report.findings()) {
    const char* mark = finding.level == Level::good      ? "ok     "
                       : finding.level == Level::warning ? "warning"
                                                         : "BAD    ";
    fmt::print("{} {:11} {}\n", mark, finding.subject, finding.message);
    if (!finding.mend.empty()) fmt::print("        what helps: {}\n", finding.mend);
  }
}

}  // namespace
}  // namespace doctor

int run_doctor(const LoadedSettings& loaded, const std::vector<std::string>& addresses) {
  const Settings& settings = loaded.settings;
  doctor::Report report;
  doctor::examine_settings(loaded, report);
  doctor::examine_disk(settings, report);
  doctor::examine_machine("/", report);
  const bool never_started =
      is_embedded(settings) && !std::filesystem::exists(settings.data_dir / "socialtrend.db");
  if (never_started) {
    report.warn("database", "is not there yet; it is made at the first start", "./run");
  } else {
    try {
      io::run([&] { return doctor::examine_database(settings, report); });
    } catch (const std::exception& error) {  // the finding itself
      report.bad("database", error.what(),
                 "is it running, and is DATABASE_URL right? See: socialtrend config");
    }
  }
  if (const auto redis = redis::endpoint_of(settings.redis); redis && *redis) {
    io::run([&] { return doctor::examine_redis(**redis, report); });
  }
  io::run([&] { return doctor::examine_network(settings, addresses, report); });
  doctor::print(report);
  return report.any_bad() ? 1 : 0;
}

}  // namespace app
