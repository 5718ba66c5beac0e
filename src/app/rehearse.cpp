// socialtrend rehearse: stand-ins for the networks on this machine, to try a campaign on. Needs no
// database and no settings.
#include "app/commands.h"
#include "base/log.h"
#include "base/text.h"
#include "networks/doubles/rehearsal.h"

#include <cstdio>
#include <signal.h>

#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace app {
namespace {

using networks::doubles::Rehearsal;
using networks::doubles::RehearsalOptions;
namespace json = boost::json;

std::string text_of(const json::value& value) {
  if (value.is_string()) return std::string(std::string_view(value.get_string()));
  if (!value.is_array()) return json::serialize(value);
  std::vector<std::string> lines;
  for (const auto& item : value.get_array()) lines.push_back(text_of(item));
  return base::join(lines, " ");
}

void print_table(const json::object& about) {
  fmt::print("{:<18} {:<23} {}\n", "NETWORK", "ADDRESS", "TO CONNECT AN ACCOUNT, FILL IN");
  for (const auto& item : about.at("networks").as_array()) {
    const auto& entry = item.as_object();
    std::string name = text_of(entry.at("name"));
    std::string address = text_of(entry.at("address"));
    for (const auto& [key, value] : entry.at("settings").as_object()) {
      fmt::print("{:<18} {:<23} {}: {}\n", name, address, std::string_view(key), text_of(value));
      name.clear();
      address.clear();
    }
  }
  fmt::print("\nWhat was received, and what shall go wrong: {}\n", text_of(about.at("control")));
}

io::Task<> rehearse(RehearsalOptions options, bool as_json, int* code) {
  const auto executor = co_await asio::this_coro::executor;
  const base::SystemClock clock;
  auto made = Rehearsal::make(executor, std::move(options), clock);
  if (!made) {
    fmt::print(stderr, "socialtrend: {}\n", made.error().fields.front().message);
    *code = 2;
    co_return;
  }
  Rehearsal& rehearsal = **made;
  asio::signal_set signals(executor, SIGTERM, SIGINT);
  rehearsal.start();
  const auto about = rehearsal.about();
  if (as_json) {
    fmt::print("{}\n", json::serialize(about));
  } else {
    print_table(about);
  }
  std::fflush(stdout);
  co_await signals.async_wait(asio::use_awaitable);
  co_await rehearsal.stop();
}

}  // namespace

int run_rehearse(const RehearseOptions& given) {
  base::start_logging(base::LogLevel::error, base::LogFormat::text, "rehearse");
  auto faults = networks::doubles::parse_fault_plan(given.faults);
  if (!faults) {
    fmt::print(stderr, "socialtrend: --faults: {}\n", faults.error().fields.front().message);
    return 2;
  }
  RehearsalOptions options{.port = given.port,
                           .networks = given.networks,
                           .faults = std::move(*faults),
                           .rate_limits = given.rate_limits};
  signal(SIGPIPE, SIG_IGN);
  int code = 0;
  io::run([&] { return rehearse(std::move(options), given.json, &code); });
  return code;
}

}  // namespace app
