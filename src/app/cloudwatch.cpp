#include "app/cloudwatch.h"

#include "base/log.h"

#include <array>

namespace app {
namespace {

struct Metric {
  const char* name;
  const char* unit;
};
constexpr std::array metrics = {Metric{"backlog", "Count"}, Metric{"overdue", "Count"},
                                Metric{"lateness_seconds", "Seconds"}, Metric{"workers", "Count"},
                                Metric{"advised_workers", "Count"}};

io::Task<> write_line(db::Database& database, const base::Clock& clock, std::string cluster) {
  const publishing::Scaling scaling = co_await publishing::read_scaling(database, clock);
  base::log_info("cloudwatch_metrics", {{"_aws", cloudwatch_header(clock.now())},
                                        {"Cluster", cluster},
                                        {"backlog", scaling.backlog},
                                        {"overdue", scaling.overdue},
                                        {"lateness_seconds", scaling.lateness_seconds},
                                        {"workers", scaling.workers},
                                        {"advised_workers", scaling.advised_workers}});
}

}  // namespace

boost::json::object cloudwatch_header(base::Instant now) {
  boost::json::array named;
  for (const Metric& metric : metrics) {
    named.push_back(boost::json::object{{"Name", metric.name}, {"Unit", metric.unit}});
  }
  boost::json::array dimensions;  // an array of sets of names
  dimensions.emplace_back(boost::json::array{"Cluster"});
  boost::json::object directive{{"Namespace", "SocialTrend"},
                                {"Dimensions", std::move(dimensions)},
                                {"Metrics", std::move(named)}};
  return {{"Timestamp", base::to_micros(now) / 1000},
          {"CloudWatchMetrics", boost::json::array{std::move(directive)}}};
}

io::Task<> write_cloudwatch_metrics(db::Database& database, const base::Clock& clock,
                                    jobs::Leases& leases, std::string cluster) {
  while (true) {
    if (co_await leases.acquire("cloudwatch.metrics", 2 * cloudwatch_every)) {
      co_await write_line(database, clock, cluster);
    }
    co_await io::sleep_for(cloudwatch_every);
  }
}

}  // namespace app
