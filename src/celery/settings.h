// Whether this installation takes tasks from Celery clients, from which queue, and for whom.
#pragma once

#include "base/config.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace celery {

struct Settings {
  std::string queue;  // empty: no tasks are taken
  std::string token;  // personal token of the person and workspace that tasks act for
  std::int64_t concurrency = 10;
  std::chrono::milliseconds visibility_timeout{};
  std::chrono::milliseconds result_ttl{};

  bool enabled() const { return !queue.empty(); }
};

void declare(base::Config& config, Settings& into);

// What is wrong with them together, naming the setting.
std::optional<std::string> problem_of(const Settings& settings, bool has_redis);

}  // namespace celery
