#include "app/process.h"

#include "app/assets.h"
#include "base/log.h"
#include "db/migrate.h"
#include "http/curl_client.h"

#include <array>
#include <cstdio>
#include <signal.h>
#include <stdexcept>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

namespace app {
namespace {

template <class T>
T or_throw(base::Result<T> result) {
  if (!result) throw base::Unavailable(result.error().message);
  return std::move(*result);
}

std::string make_process_id() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  return fmt::format("{}-{}-{}", host.data(), getpid(), base::random_token(6));
}

bool is_loopback(std::string_view bind) {
  return bind == "localhost" || http::in_network(bind, "127.0.0.0/8") || bind == "::1";
}

// Who listens on loopback alone serves the person at this machine, whose own servers are no secret.
http::AddressPolicy address_policy(const Settings& settings) {
  std::vector<std::string> allowed = settings.private_networks;
  if (is_loopback(settings.bind)) {
    allowed.emplace_back("127.0.0.0/8");
    allowed.emplace_back("::1/128");
  }
  return or_throw(http::AddressPolicy::parse(allowed));
}

Settings prepared(Settings settings) {
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

}  // namespace

Process::Process(Settings given)
    : settings(prepared(std::move(given))),
      vault(or_throw(open_vault(settings))),
      id(make_process_id()),
      loop(1),
      database(db::open(loop.get_executor(),
                        {.url = settings.database_url,
                         .pool_size = static_cast<std::size_t>(settings.database_pool_size)})),
      client(http::make_curl_client(loop.get_executor(), {.user_agent = user_agent(settings),
                                                          .addresses = address_policy(settings)})),
      websockets(http::make_websocket_connector(address_policy(settings), user_agent(settings))),
      router(std::make_shared<http::Router>()),
      tasks(loop.get_executor()),
      health(settings.role, *database, clock) {
  health.bind(*router);
}

Process::~Process() = default;

std::string Process::address() const {
  const std::string host =
      settings.bind == "0.0.0.0" || settings.bind == "::" ? "127.0.0.1" : settings.bind;
  return fmt::format("http://{}:{}", host.contains(':') ? "[" + host + "]" : host, server_->port());
}

io::Task<> Process::check_schema() {
  const auto migrations = db::migrations_for(database->dialect(), embedded_migrations());
  if (settings.role == "all-in-one") {
    for (const std::string& name : co_await db::migrate(*database, migrations)) {
      base::log_info("migration_applied", {{"migration.name", name}});
    }
  }
  const auto missing = co_await db::pending(*database, migrations);
  if (!missing.empty()) {
    throw base::Unavailable(
        fmt::format("the database lacks {} migration(s), the first is {}; run: socialtrend migrate",
                    missing.size(), missing.front()));
  }
}

io::Task<> Process::serve() {
  server_->start();
  health.set_ready();
  base::log_info("ready", {{"url.full", address()}, {"service.role", settings.role}});
  fmt::print("SocialTrend Automator {} ({}) is ready: {}\n", SOCIALTREND_VERSION, settings.role,
             address());
  std::fflush(stdout);
  co_await wait_for_signal();
  co_await stop();
}

io::Task<> Process::stop() {
  health.set_draining();
  base::log_info("stopping", {{"drain_ms", settings.drain_delay.count()}});
  co_await io::sleep_for(settings.drain_delay);
  for (const auto& finish : finishers_) co_await finish();
  co_await server_->stop(settings.stop_timeout);
  tasks.stop();
  co_await tasks.join();
  co_await database->close();
  base::log_info("stopped");
}

io::Task<> Process::wait_for_signal() {
  asio::signal_set signals(loop, SIGTERM, SIGINT);
  const int first = co_await signals.async_wait(asio::use_awaitable);
  base::log_info("signal", {{"number", first}});
  // From here on a second signal has its default effect: it ends the process at once.
  signals.clear();
  signal(SIGTERM, SIG_DFL);
  signal(SIGINT, SIG_DFL);
}

void Process::run_to_end(io::Task<> task) {
  std::exception_ptr failure;
  loop.restart();
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error) {
    failure = std::move(error);
    loop.stop();
  });
  loop.run();
  if (failure) std::rethrow_exception(failure);
}

void Process::prepare() { run_to_end(check_schema()); }

int Process::run() {
  signal(SIGPIPE, SIG_IGN);
  server_ = std::make_unique<http::Server>(
      loop.get_executor(),
      http::ServerOptions{.bind = settings.bind,
                          .port = static_cast<std::uint16_t>(settings.port),
                          .large_body_paths = {"/api/media"},
                          .trusted_proxies = settings.trusted_proxies},
      router);
  run_to_end(serve());
  return 0;
}

}  // namespace app
