#include "redis/settings.h"

namespace redis {

void declare(base::Config& config, Settings& into) {
  config.secret("REDIS_URL", into.url,
                "redis://[user:password@]host:port/db, rediss:// for TLS, unix:///path?db=0. "
                "Optional: makes wake-ups and live events between processes quicker. Without it, "
                "REDIS_HOST and its companions are read.");
  config.text("REDIS_HOST", into.host, "", "Host of Redis, in place of REDIS_URL.");
  config.integer("REDIS_PORT", into.port, 6379, 1, 65535, "Port of Redis at REDIS_HOST.");
  config.secret("REDIS_PASSWORD", into.password, "Password of Redis at REDIS_HOST.");
  config.integer("REDIS_DB", into.database, 0, 0, 1'000'000, "Database of Redis at REDIS_HOST.");
  config.text("REDIS_PREFIX", into.prefix, "socialtrend",
              "First part of every channel, so that several installations can share one Redis.");
  config.text("REDIS_CA_FILE", into.ca_file, "",
              "Certificates (PEM) that rediss:// trusts. Default: those of the system.");
}

base::Result<std::optional<Endpoint>> endpoint_of(const Settings& settings) {
  if (settings.url.empty() && settings.host.empty()) return std::nullopt;
  Endpoint endpoint{.host = settings.host,
                    .port = std::to_string(settings.port),
                    .password = settings.password,
                    .database = settings.database};
  if (!settings.url.empty()) {
    auto parsed = parse_endpoint(settings.url);
    if (!parsed) return base::invalid("REDIS_URL", parsed.error().message);
    endpoint = std::move(*parsed);
  }
  endpoint.ca_file = settings.ca_file;
  return endpoint;
}

}  // namespace redis
