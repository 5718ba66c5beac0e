#include "app/doors.h"

#include "app/assets.h"
#include "base/log.h"
#include "db/migrate.h"
#include "http/curl_client.h"
#include "jobs/postgres_wake.h"
#include "media/open_store.h"

#include <filesystem>

#include <fmt/format.h>

namespace app {
namespace {

template <class T>
T or_throw(base::Result<T> result) {
  if (!result) throw base::Unavailable(result.error().message);
  return std::move(*result);
}

bool is_loopback(std::string_view bind) {
  return bind == "localhost" || http::in_network(bind, "127.0.0.0/8") || bind == "::1";
}

// Who listens on loopback alone serves the person at this machine, whose own servers are no secret.
http::AddressPolicy address_policy(const Settings& settings) {
  std::vector<std::string> own;
  if (is_loopback(settings.bind)) own = {"127.0.0.0/8", "::1/128"};
  return or_throw(http::AddressPolicy::parse(settings.private_networks, own));
}

// The folder of the embedded database and of the media.
const Settings& with_folder(const Settings& settings) {
  std::error_code error;
  std::filesystem::create_directories(settings.data_dir, error);
  if (error && is_embedded(settings)) {
    throw base::Unavailable(fmt::format("DATA_DIR={}: cannot be made: {}",
                                        settings.data_dir.string(), error.message()));
  }
  return settings;
}

std::string user_agent(const Settings& settings) {
  return fmt::format("SocialTrendAutomator/{} (+{})", SOCIALTREND_VERSION,
                     settings.public_url.empty() ? "self-hosted" : settings.public_url);
}

// People wait for a backend: when the database hangs they are told before they or a load balancer
// give up. Others have work that may take its time.
constexpr std::chrono::seconds answered_within{10};

db::Options database_options(const Settings& settings, const std::string& url) {
  db::Options options{.url = url,
                      .pool_size = static_cast<std::size_t>(settings.database_pool_size)};
  if (settings.role == "backend") options.statement_timeout = answered_within;
  return options;
}

std::unique_ptr<db::ReplicaReads> open_replica(Process& process, db::Database& primary) {
  const Settings& settings = process.settings;
  const bool answers_reads = settings.role == "backend" || settings.role == "all-in-one";
  if (settings.database_replica_url.empty() || !answers_reads) return nullptr;
  auto reads = std::make_unique<db::ReplicaReads>(
      primary,
      db::open(process.loop.get_executor(),
               database_options(settings, settings.database_replica_url)),
      db::ReplicaOptions{.lag_max = settings.replica_lag_max});
  process.tasks.start("replica", [reads = reads.get()] { return reads->watch(); });
  process.on_end([reads = reads.get()] { return reads->close(); });
  process.health.add_aside("replica", [reads = reads.get()] {
    return CheckResult{.ok = reads->trouble().empty(), .message = reads->trouble()};
  });
  return reads;
}

std::unique_ptr<RedisDoor> open_redis(Process& process) {
  const auto endpoint = or_throw(redis::endpoint_of(process.settings.redis));
  if (!endpoint) return nullptr;
  return std::make_unique<RedisDoor>(process.loop.get_executor(), *endpoint,
                                     process.settings.redis.prefix, process.id);
}

// Without Redis: as far as the database carries it. SQLite has but one process.
std::unique_ptr<jobs::Wake> wake_over(Process& process, db::Database& database) {
  const Settings& settings = process.settings;
  if (is_embedded(settings)) return std::make_unique<jobs::Wake>();
  return std::make_unique<jobs::PostgresWake>(
      process.loop.get_executor(), database,
      settings.database_listen_url.empty() ? settings.database_url : settings.database_listen_url);
}

io::Task<> check_schema(const Settings& settings, db::Database& database) {
  const auto migrations = db::migrations_for(database.dialect(), embedded_migrations());
  if (settings.role == "all-in-one") {
    for (const std::string& name : co_await db::migrate(database, migrations)) {
      base::log_info("migration_applied", {{"migration.name", name}});
    }
  }
  const auto missing = co_await db::pending(database, migrations);
  if (!missing.empty()) {
    throw base::Unavailable(
        fmt::format("the database lacks {} migration(s), the first is {}; run: socialtrend migrate",
                    missing.size(), missing.front()));
  }
}

}  // namespace

Doors::Doors(Process& process)
    : vault(or_throw(open_vault(with_folder(process.settings)))),
      database(db::open(process.loop.get_executor(),
                        database_options(process.settings, process.settings.database_url))),
      reads(open_replica(process, *database)),
      client(http::make_curl_client(process.loop.get_executor(),
                                    {.user_agent = user_agent(process.settings),
                                     .addresses = address_policy(process.settings)})),
      model_client(http::make_curl_client(process.loop.get_executor(),
                                          {.user_agent = user_agent(process.settings),
                                           .addresses = http::AddressPolicy::allow_all()})),
      websockets(http::make_websocket_connector(address_policy(process.settings),
                                                user_agent(process.settings))),
      store_client(http::make_curl_client(process.loop.get_executor(),
                                          {.user_agent = user_agent(process.settings),
                                           .addresses = http::AddressPolicy::allow_all()})),
      media_store(media::open_store(process.settings.media, *store_client,
                                    (process.settings.data_dir / "media").string())),
      converter(std::make_unique<media::ProgramConverter>(process.loop.get_executor(),
                                                          process.settings.media.converter)),
      redis(open_redis(process)),
      own_wake_(wake_over(process, *database)) {
  process.run_to_end(check_schema(process.settings, *database));
  process.health.ask(*database);
  telemetry_ = std::make_unique<Telemetry>(process, *database, *model_client);
  process.on_end([this] { return database->close(); });
}

}  // namespace app
