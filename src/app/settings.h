// The settings that belong to no module: where to listen, where data lives, how to log. app/
// declares these together with the settings of every module, so that `socialtrend config` can print
// them all.
#pragma once

#include "accounts/settings.h"
#include "base/config.h"
#include "base/crypto.h"
#include "captions/settings.h"
#include "celery/settings.h"
#include "media/settings.h"
#include "notices/settings.h"
#include "redis/settings.h"
#include "trends/settings.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace app {

struct Settings {
  std::string role;
  std::string bind;
  std::int64_t port = 0;
  std::filesystem::path data_dir;
  std::string database_url;
  std::string database_listen_url;  // empty: database_url
  std::int64_t database_pool_size = 0;
  std::string database_replica_url;  // empty: all reads go to the primary
  std::chrono::milliseconds replica_lag_max{};
  std::string app_key;
  std::string public_url;
  std::vector<std::string> trusted_proxies;
  std::vector<std::string> private_networks;
  std::string log_level;
  std::string log_format;
  std::chrono::milliseconds drain_delay{};
  std::chrono::milliseconds stop_timeout{};
  std::int64_t publish_concurrency = 0;
  std::string otlp_endpoint;  // empty: no traces are sent
  std::int64_t trace_percent = 0;
  std::string cloudwatch_cluster;  // empty: no CloudWatch
  accounts::Settings accounts;
  captions::Settings captions;
  celery::Settings celery;
  media::Settings media;
  notices::Settings notices;
  redis::Settings redis;
  trends::Settings trends;
};

// What the command line said.
struct Flags {
  std::string role;
  std::filesystem::path config_file;
  std::map<std::string, std::string> values;  // --set KEY=VALUE, and --port, --bind, --data-dir
};

struct LoadedSettings {
  Settings settings;
  std::vector<base::Config::Entry> entries;
  std::vector<std::string> problems;
};

LoadedSettings load_settings(const Flags& flags, std::map<std::string, std::string> environment);

// APP_KEY, or for an embedded database the key in DATA_DIR/app.key, which is made when there is
// none.
base::Result<base::Vault> open_vault(const Settings& settings);

bool is_embedded(const Settings& settings);  // SQLite

}  // namespace app
