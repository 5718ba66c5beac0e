// What happened, in the order in which it happened: kept only when somebody will read it.
#pragma once

#include "scheduler.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace sim {

class Story {
 public:
  Story(const Scheduler& scheduler, bool kept) : scheduler_(scheduler), kept_(kept) {}

  template <class... Args>
  void tell(std::string_view who, fmt::format_string<Args...> text, Args&&... args) {
    if (kept_) add(who, fmt::format(text, std::forward<Args>(args)...));
  }
  bool kept() const { return kept_; }
  void add(std::string_view who, std::string_view what) {
    lines_.push_back(
        fmt::format("{} {:<10} {}", base::format_rfc3339(scheduler_.now()).substr(11), who, what));
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  const Scheduler& scheduler_;
  bool kept_;
  std::vector<std::string> lines_;
};

}  // namespace sim
