#include "app/settings.h"

#include "base/crypto.h"
#include "base/text.h"
#include "http/address_policy.h"

#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include <fmt/format.h>
#include <sys/stat.h>

namespace app {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::int64_t default_port(std::string_view role) {
  if (role == "backend") return 8000;
  if (role == "automation") return 5000;
  if (role == "worker") return 9100;
  return 8080;
}

std::filesystem::path default_data_dir(const std::map<std::string, std::string>& environment) {
  const auto get = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  if (const std::string home = get("XDG_DATA_HOME"); !home.empty()) {
    return std::filesystem::path(home) / "socialtrend";
  }
  if (const std::string home = get("HOME"); !home.empty()) {
    return std::filesystem::path(home) / ".local/share/socialtrend";
  }
  return "socialtrend-data";
}

// The separate names of older deployments (DB_HOST, DB_PORT, ...), as one URL; empty without them.
std::string url_of_parts(const std::map<std::string, std::string>& environment) {
  const auto get = [&](const char* name, const char* other, std::string fallback) {
    for (const char* key : {name, other}) {
      const auto found = environment.find(key);
      if (found != environment.end() && !found->second.empty()) return found->second;
    }
    return fallback;
  };
  const std::string host = get("DB_HOST", "POSTGRES_HOST", "");
  if (host.empty()) return {};
  const std::string password = get("DB_PASSWORD", "POSTGRES_PASSWORD", "");
  return fmt::format("postgres://{}{}{}@{}:{}/{}",
                     base::url_encode(get("DB_USER", "DB_USERNAME", "socialtrend")),
                     password.empty() ? "" : ":", base::url_encode(password), host,
                     get("DB_PORT", "POSTGRES_PORT", "5432"),
                     base::url_encode(get("DB_NAME", "DB_DATABASE", "socialtrend")));
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string_view part : base::split(text, ',')) {
    if (const auto word = base::trim(part); !word.empty()) words.emplace_back(word);
  }
  return words;
}

void declare_server(base::Config& config, Settings& into,
                    const std::map<std::string, std::string>& environment) {
  const bool alone = into.role == "all-in-one";
  std::string data_dir;
  std::string proxies;
  std::string networks;
  config.text("BIND", into.bind, alone ? "127.0.0.1" : "0.0.0.0", "Address to listen on.");
  config.integer("PORT", into.port, default_port(into.role), 0, 65535,
                 "Port to listen on; 0 takes any free one.");
  config.text("DATA_DIR", data_dir, default_data_dir(environment).string(),
              "Folder of the embedded database, uploaded media and the generated key.");
  into.data_dir = data_dir;
  const std::string parts = url_of_parts(environment);
  config.secret(
      "DATABASE_URL", into.database_url,
      "postgres://user:password@host/name, or sqlite:///path. Default: SQLite in DATA_DIR. "
      "DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD are read too.");
  if (into.database_url.empty()) into.database_url = parts;
  if (into.database_url.empty()) {
    into.database_url =
        "sqlite://" + std::filesystem::absolute(into.data_dir / "socialtrend.db").string();
  }
  config.secret(
      "DATABASE_LISTEN_URL", into.database_listen_url,
      "PostgreSQL itself, when DATABASE_URL is a pooler in transaction mode: wake-ups are "
      "heard there. Default: DATABASE_URL.");
  config.integer("DATABASE_POOL_SIZE", into.database_pool_size, 8, 1, 500,
                 "PostgreSQL connections of this process.");
  config.secret(
      "DATABASE_REPLICA_URL", into.database_replica_url,
      "One streaming replica of DATABASE_URL, for lists, the calendar and feeds; nobody misses "
      "there what he wrote. Default: none.");
  config.duration("REPLICA_LAG_MAX", into.replica_lag_max, seconds(10), milliseconds(100),
                  minutes(5), "Further behind, the replica is not read from.");
  config.secret(
      "APP_KEY", into.app_key,
      "Encrypts credentials: id:base64key, several with commas (the first encrypts). Make one "
      "with: socialtrend config --make-key");
  config.text("PUBLIC_URL", into.public_url, "", "Address at which people reach this server.");
  config.text("TRUSTED_PROXIES", proxies, "",
              "Networks (CIDR, with commas) whose X-Forwarded-For and -Proto are believed.");
  config.text("ALLOW_PRIVATE_NETWORKS", networks, "",
              "Networks (CIDR, with commas) that may be connected to though private. Listening on "
              "loopback alone allows loopback.");
  into.trusted_proxies = words_of(proxies);
  into.private_networks = words_of(networks);
}

void declare_process(base::Config& config, Settings& into) {
  config.choice("LOG_LEVEL", into.log_level, "info", {"debug", "info", "warn", "error"},
                "Least level that is logged.");
  config.choice("LOG_FORMAT", into.log_format, isatty(STDERR_FILENO) != 0 ? "text" : "json",
                {"text", "json"},
                "Text, or one JSON object a line (default when not on a terminal).");
  config.duration("DRAIN_DELAY", into.drain_delay, milliseconds(0), milliseconds(0), minutes(10),
                  "After SIGTERM: how long to keep serving while not ready, for load balancers.");
  config.duration("STOP_TIMEOUT", into.stop_timeout, seconds(8), seconds(1), minutes(10),
                  "After that: how long requests and attempts in flight may take.");
  config.integer("PUBLISH_CONCURRENCY", into.publish_concurrency, 32, 1, 1000,
                 "Targets that one worker sends at the same time.");
  config.text("OTEL_EXPORTER_OTLP_ENDPOINT", into.otlp_endpoint, "",
              "OpenTelemetry collector (http://HOST:4318) that gets the traces.");
  config.integer("TRACE_PERCENT", into.trace_percent, 10, 0, 100,
                 "How many of a hundred traces are sent; those that a caller keeps always are.");
  config.text("CLOUDWATCH_METRICS", into.cloudwatch_cluster, "",
              "Cluster under whose name backlog and lateness are logged for CloudWatch.");
}

void check_networks(const char* key, const std::vector<std::string>& networks,
                    std::vector<std::string>& problems) {
  if (const auto policy = http::AddressPolicy::parse(networks); !policy) {
    problems.push_back(fmt::format("{}: {}", key, policy.error().message));
  }
}

std::string read_key(const std::filesystem::path& path) {
  std::ifstream file(path);
  return std::string(base::trim(std::string{std::istreambuf_iterator<char>(file), {}}));
}

// Whole or not at all: of two processes that start together one makes the key, both read it.
base::Result<std::string> read_or_make_key(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) return read_key(path);
  const std::filesystem::path fresh = path.string() + "." + base::random_token(9);
  const std::string key = base::Vault::make_key() + "\n";
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const auto size = static_cast<ssize_t>(key.size());
  const bool written = file >= 0 && write(file, key.data(), key.size()) == size && fsync(file) == 0;
  const bool linked = written && (link(fresh.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const std::string reason = std::strerror(errno);
  if (file >= 0) close(file);
  unlink(fresh.c_str());
  if (!linked) {
    return base::fail({.status = 500,
                       .code = "app_key",
                       .message = fmt::format("cannot write {}: {}", path.string(), reason)});
  }
  return read_key(path);
}

}  // namespace

bool is_embedded(const Settings& settings) { return settings.database_url.starts_with("sqlite:"); }

LoadedSettings load_settings(const Flags& flags, std::map<std::string, std::string> environment) {
  LoadedSettings loaded;
  loaded.settings.role = flags.role;
  std::string file_text;
  std::filesystem::path path = flags.config_file;
  if (path.empty() && std::filesystem::exists("socialtrend.toml")) path = "socialtrend.toml";
  if (!path.empty()) {
    std::ifstream file(path);
    if (!file) loaded.problems.push_back(fmt::format("--config {}: cannot be read", path.string()));
    file_text.assign(std::istreambuf_iterator<char>(file), {});
  }
  base::Config config(environment, file_text, flags.values);
  declare_server(config, loaded.settings, environment);
  declare_process(config, loaded.settings);
  accounts::declare(config, loaded.settings.accounts);
  captions::declare(config, loaded.settings.captions);
  media::declare(config, loaded.settings.media);
  notices::declare(config, loaded.settings.notices);
  trends::declare(config, loaded.settings.trends);
  redis::declare(config, loaded.settings.redis);
  celery::declare(config, loaded.settings.celery);
  for (std::string& problem : config.problems()) loaded.problems.push_back(std::move(problem));
  check_networks("TRUSTED_PROXIES", loaded.settings.trusted_proxies, loaded.problems);
  check_networks("ALLOW_PRIVATE_NETWORKS", loaded.settings.private_networks, loaded.problems);
  if (is_embedded(loaded.settings) && !loaded.settings.database_replica_url.empty()) {
    loaded.problems.push_back("DATABASE_REPLICA_URL: SQLite has no replicas; set DATABASE_URL too");
  }
  if (const auto redis = redis::endpoint_of(loaded.settings.redis); !redis) {
    loaded.problems.push_back(redis.error().message);
  } else if (auto problem = celery::problem_of(loaded.settings.celery, redis->has_value())) {
    loaded.problems.push_back(std::move(*problem));
  }
  if (auto problem = notices::problem_of(loaded.settings.notices)) {
    loaded.problems.push_back(std::move(*problem));
  }
  if (auto problem = media::problem_of(loaded.settings.media)) {
    loaded.problems.push_back(std::move(*problem));
  }
  loaded.entries = config.entries();
  return loaded;
}

base::Result<base::Vault> open_vault(const Settings& settings) {
  if (!settings.app_key.empty()) return base::Vault::parse(settings.app_key);
  if (!is_embedded(settings)) {
    return base::invalid("APP_KEY",
                         "is needed with PostgreSQL, the same for all processes; make one with: "
                         "socialtrend config --make-key");
  }
  auto key = read_or_make_key(settings.data_dir / "app.key");
  if (!key) return std::unexpected(key.error());
  return base::Vault::parse(*key);
}

}  // namespace app
