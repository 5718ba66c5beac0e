#include "app/exposition.h"

#include "base/text.h"

#include <cstdlib>
#include <limits>
#include <optional>

namespace app {
namespace {

constexpr std::size_t samples_max = 50'000;

// name{label="value",...} number; values are of our own closed sets, so escapes need no reading.
std::optional<Sample> parse_line(std::string_view line) {
  if (line.empty() || line.front() == '#') return std::nullopt;
  const std::size_t name_end = line.find_first_of("{ ");
  if (name_end == std::string_view::npos) return std::nullopt;
  Sample sample{.name = std::string(line.substr(0, name_end)), .labels = {}};
  std::string_view rest = line.substr(name_end);
  if (rest.front() == '{') {
    const std::size_t close = rest.rfind('}');
    if (close == std::string_view::npos) return std::nullopt;
    std::string_view labels = rest.substr(1, close - 1);
    while (!labels.empty()) {
      const std::size_t equals = labels.find("=\"");
      const std::size_t quote =
          equals == std::string_view::npos ? equals : labels.find('"', equals + 2);
      if (quote == std::string_view::npos) return std::nullopt;
      sample.labels[std::string(base::trim(labels.substr(0, equals)))] =
          labels.substr(equals + 2, quote - equals - 2);
      labels.remove_prefix(std::min(labels.size(), quote + 2));
    }
    rest.remove_prefix(close + 1);
  }
  const std::string number(base::trim(rest));
  char* end = nullptr;
  sample.value = std::strtod(number.c_str(), &end);
  if (number.empty() || end == number.c_str()) return std::nullopt;
  return sample;
}

}  // namespace

Exposition::Exposition(std::string_view text) {
  for (const std::string_view line : base::split(text, '\n')) {
    if (samples_.size() >= samples_max) return;
    if (auto sample = parse_line(line)) samples_.push_back(std::move(*sample));
  }
}

bool Exposition::has(std::string_view name) const {
  return std::ranges::any_of(samples_, [&](const Sample& each) { return each.name == name; });
}

double Exposition::sum(std::string_view name, const Which& which) const {
  double total = 0;
  for (const Sample& each : samples_) {
    if (each.name == name && (!which || which(each))) total += each.value;
  }
  return total;
}

double Exposition::quantile(std::string_view histogram, double share) const {
  const std::string bucket = std::string(histogram) + "_bucket";
  std::map<double, double> below;  // bound -> observations
  for (const Sample& each : samples_) {
    const auto bound = each.labels.find("le");
    if (each.name != bucket || bound == each.labels.end()) continue;
    below[std::strtod(bound->second.c_str(), nullptr)] += each.value;
  }
  if (below.empty() || below.rbegin()->second <= 0) return 0;
  const double all = below.rbegin()->second;
  for (const auto& [bound, count] : below) {
    if (count >= share * all) return bound;
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace app
