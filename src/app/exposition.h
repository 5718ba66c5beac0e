// Reads what /metrics of a process says (Prometheus' text format), as far as doctor asks it.
//
// Lenient: a line that is not understood is passed by. Pure.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace app {

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

class Exposition {
 public:
  explicit Exposition(std::string_view text);

  using Which = std::function<bool(const Sample&)>;
  bool has(std::string_view name) const;
  // Of all samples of that name that `which` takes; 0 without any.
  double sum(std::string_view name, const Which& which = {}) const;
  // The bound below which this share of the histogram's observations lies; infinity beyond the
  // last bound, 0 without observations.
  double quantile(std::string_view histogram, double share) const;

 private:
  std::vector<Sample> samples_;
};

}  // namespace app
