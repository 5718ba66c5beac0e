#include "base/metrics.h"

#include "base/check.h"

#include <algorithm>
#include <chrono>
#include <dirent.h>
#include <fstream>
#include <map>
#include <memory>
#include <unistd.h>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>

namespace metrics {
namespace {

prometheus::Registry& registry() {
  static prometheus::Registry instance;
  return instance;
}

std::map<std::string, std::string> labels_of(const std::vector<std::string>& names, Labels values) {
  CHECK(names.size() == values.size());
  std::map<std::string, std::string> labels;
  std::size_t index = 0;
  for (const std::string_view value : values) labels.emplace(names[index++], std::string(value));
  return labels;
}

double read_start_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}
const double start_time = read_start_time();

long open_descriptors() {
  long count = 0;
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count - 3;  // ".", ".." and the folder itself
}

void update_process_metrics() {
  static prometheus::Counter& cpu = prometheus::BuildCounter()
                                        .Name("process_cpu_seconds_total")
                                        .Help("User and system CPU time in seconds.")
                                        .Register(registry())
                                        .Add({});
  static Gauge resident{"process_resident_memory_bytes", "Resident memory in bytes."};
  static Gauge descriptors{"process_open_fds", "Open file descriptors."};
  static Gauge descriptors_max{"process_max_fds", "Limit of open file descriptors."};
  static Gauge started{"process_start_time_seconds", "Start time since the epoch in seconds."};
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  const double used = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  cpu.Increment(std::max(0.0, used - cpu.Value()));
  long pages_total = 0;
  long pages_resident = 0;
  std::ifstream("/proc/self/statm") >> pages_total >> pages_resident;
  resident.set(static_cast<double>(pages_resident) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  descriptors.set(static_cast<double>(open_descriptors()));
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  descriptors_max.set(static_cast<double>(limit.rlim_cur));
  started.set(start_time);
}

}  // namespace

Counter::Counter(std::string name, std::string help, std::vector<std::string> label_names)
    : family_(&prometheus::BuildCounter().Name(name).Help(help).Register(registry())),
      names_(std::move(label_names)) {
  if (names_.empty()) add({}, 0);  // shows as 0 from the start
}

void Counter::add(Labels values, double amount) {
  static_cast<prometheus::Family<prometheus::Counter>*>(family_)
      ->Add(labels_of(names_, values))
      .Increment(amount);
}

Gauge::Gauge(std::string name, std::string help, std::vector<std::string> label_names)
    : family_(&prometheus::BuildGauge().Name(name).Help(help).Register(registry())),
      names_(std::move(label_names)) {}

void Gauge::set(Labels values, double value) {
  static_cast<prometheus::Family<prometheus::Gauge>*>(family_)
      ->Add(labels_of(names_, values))
      .Set(value);
}

void Gauge::add(Labels values, double amount) {
  static_cast<prometheus::Family<prometheus::Gauge>*>(family_)
      ->Add(labels_of(names_, values))
      .Increment(amount);
}

Histogram::Histogram(std::string name, std::string help, std::vector<double> bounds,
                     std::vector<std::string> label_names)
    : family_(&prometheus::BuildHistogram().Name(name).Help(help).Register(registry())),
      names_(std::move(label_names)),
      bounds_(std::move(bounds)) {}

void Histogram::observe(Labels values, double value) {
  static_cast<prometheus::Family<prometheus::Histogram>*>(family_)
      ->Add(labels_of(names_, values), bounds_)
      .Observe(value);
}

std::vector<double> latency_bounds() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
}

std::string expose() {
  update_process_metrics();
  return prometheus::TextSerializer().Serialize(registry().Collect());
}

}  // namespace metrics
