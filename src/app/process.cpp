#include "app/process.h"

#include "base/crypto.h"
#include "base/host.h"
#include "base/log.h"
#include "media/media.h"

#include <cstdio>
#include <signal.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

namespace app {
namespace {

std::string make_process_id() {
  return fmt::format("{}-{}-{}", base::host_name(), getpid(), base::random_token(6));
}

}  // namespace

Process::Process(Settings given)
    : settings(std::move(given)),
      id(make_process_id()),
      loop(1),
      router(std::make_shared<http::Router>()),
      tasks(loop.get_executor()),
      health(settings.role, clock) {
  health.bind(*router);
}

Process::~Process() = default;

std::string Process::address() const {
  const std::string host =
      settings.bind == "0.0.0.0" || settings.bind == "::" ? "127.0.0.1" : settings.bind;
  return fmt::format("http://{}:{}", host.contains(':') ? "[" + host + "]" : host, server_->port());
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
  server_->drain();
  base::log_info("stopping", {{"drain_ms", settings.drain_delay.count()}});
  co_await io::sleep_for(settings.drain_delay);
  for (const auto& finish : finishers_) co_await finish();
  co_await server_->stop(settings.stop_timeout);
  tasks.stop();
  co_await tasks.join();
  for (const auto& close : closers_) co_await close();
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

int Process::run() {
  signal(SIGPIPE, SIG_IGN);
  server_ = std::make_unique<http::Server>(
      loop.get_executor(),
      http::ServerOptions{.bind = settings.bind,
                          .port = static_cast<std::uint16_t>(settings.port),
                          .large_body_max = media::media_bytes_max,
                          .large_body_paths = {"/api/media"},
                          .resumable_paths = {"/api/media/uploads"},
                          .trusted_proxies = settings.trusted_proxies},
      router);
  run_to_end(serve());
  return 0;
}

}  // namespace app
