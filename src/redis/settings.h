// Where Redis is, if there is one. Nothing depends on it: it makes wake-ups and live events
// quicker.
#pragma once

#include "base/config.h"
#include "redis/endpoint.h"

#include <cstdint>
#include <optional>
#include <string>

namespace redis {

struct Settings {
  std::string url;   // wins over the parts
  std::string host;  // empty, as `url`: no Redis
  std::int64_t port = 6379;
  std::string password;
  std::int64_t database = 0;
  std::string prefix = "socialtrend";
  std::string ca_file;
};

void declare(base::Config& config, Settings& into);

// Nothing when no Redis is configured; an error that names the setting when it cannot be read.
base::Result<std::optional<Endpoint>> endpoint_of(const Settings& settings);

}  // namespace redis
