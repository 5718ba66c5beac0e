// socialtrend healthcheck: the probe of containers that have neither a shell nor curl. Docker,
// Swarm and ECS start a release by it and kill by it, so it must not fail when the database goes
// away later: it asks for the start-up, which needs the database once.
#include "app/commands.h"
#include "http/curl_client.h"

#include <fmt/format.h>

namespace app {

int run_healthcheck(const Settings& settings, std::string url) {
  if (url.empty()) url = fmt::format("http://127.0.0.1:{}/api/health/startup", settings.port);
  int code = 1;
  io::run([&]() -> io::Task<> {
    return [](std::string address, int& result) -> io::Task<> {
      const auto client = http::make_curl_client(co_await asio::this_coro::executor,
                                                 {.addresses = http::AddressPolicy::allow_all()});
      const auto answer =
          co_await client->send({.url = address, .timeout = std::chrono::seconds(5)});
      if (!answer) {
        fmt::print(stderr, "{}: {}\n", address, answer.error().message);
      } else {
        fmt::print("{}\n", answer->body);
        result = answer->status == 200 ? 0 : 1;
      }
    }(std::move(url), code);
  });
  return code;
}

}  // namespace app
