#include "working.h"

#include "http/curl_client.h"
#include "seeding.h"

#include <algorithm>
#include <array>
#include <fstream>

#include <sys/resource.h>

namespace bench {

namespace {

const networks::Network& inner_network(const Options& options, const InstantNetwork& instant) {
  return options.receiver.empty() ? instant : *networks::by_id("webhook");
}

networks::RetryClass retry_of(const Options& options) {
  return options.retry_class == "blind" ? networks::RetryClass::blind
                                        : networks::RetryClass::safe_by_key;
}

}  // namespace

std::unique_ptr<db::Database> open_database(io::Executor executor, const Options& options) {
  return db::open(std::move(executor), {.url = options.database});
}

Working::Working(io::Executor executor, db::Database& database, const Options& options)
    : vault_(*base::Vault::parse(app_key)),
      accounts_(database, clock_, vault_),
      events_(executor, database, clock_),
      door_(accounts_),
      client_(http::make_curl_client(executor, {.addresses = http::AddressPolicy::allow_all()})),
      instant_(retry_of(options)),
      network_(inner_network(options, instant_), clock_),
      tasks_(executor),
      worker_(executor, doors(database),
              {.owner = base::make_uuid7(), .lease = std::chrono::seconds(15), .sending_max = 32}) {
}

publishing::WorkerDoors Working::doors(db::Database& database) {
  return {.database = &database,
          .clock = &clock_,
          .accounts = &door_,
          .networks = [this](std::string_view) -> const networks::Network* { return &network_; },
          .context = {.http = client_.get(), .credentials = &accounts_, .clock = &clock_},
          .images = [](base::WorkspaceId, std::vector<base::MediaId>,
                       networks::Limits) -> io::Task<base::Result<std::vector<networks::Image>>> {
            co_return std::vector<networks::Image>{};
          },
          .changed =
              [this](base::WorkspaceId workspace, json::object event) {
                tasks_.start_once("tell", [this, workspace, event = std::move(event)] {
                  return events_.publish(workspace, event);
                });
              }};
}

void Working::start() {
  tasks_.start("publishing", [this] { return worker_.run(); });
}

io::Task<> Working::finish(std::size_t count) {
  while (network_.starts().size() < count || worker_.in_hand() > 0) {
    co_await io::sleep_for(std::chrono::milliseconds(2));
  }
}

io::Task<> Working::stop() {
  co_await worker_.stop(std::chrono::seconds(10));
  co_await tasks_.join();
}

json::object quantiles(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    const auto last = static_cast<double>(values.size() - 1);
    return values[static_cast<std::size_t>(share * last)];
  };
  if (values.empty()) return {};
  return {{"p50", at(0.5)}, {"p90", at(0.9)}, {"p99", at(0.99)}, {"max", values.back()}};
}

json::object lateness(const std::vector<base::Instant>& starts, base::Instant due) {
  std::vector<double> late;
  for (const base::Instant& start : starts) late.push_back(base::to_seconds(start - due) * 1e3);
  constexpr std::array bounds{1, 2, 5, 10, 20, 50, 100, 200, 500, 1'000, 2'000, 5'000, 10'000};
  json::array histogram;
  for (const int bound : bounds) {
    const auto count =
        std::count_if(late.begin(), late.end(), [&](double value) { return value <= bound; });
    histogram.push_back(json::array{bound, count});
  }
  json::object found = quantiles(std::move(late));
  found["up_to"] = std::move(histogram);
  return found;
}

double resident_peak() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) * 1024 / 1e6;
  }
  return 0;
}

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace bench
