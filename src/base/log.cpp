#include "base/log.h"

#include "base/host.h"
#include "base/time.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <unistd.h>

#include <boost/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace base {
namespace {

namespace json = boost::json;

struct Logging {
  std::atomic<LogLevel> level{LogLevel::info};
  LogFormat format = LogFormat::text;
  std::string role = "socialtrend";
  std::string host = host_name();
  std::shared_ptr<spdlog::logger> logger;

  Logging() {
    logger = std::make_shared<spdlog::logger>("socialtrend",
                                              std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace);
    logger->flush_on(spdlog::level::trace);
  }
};

Logging& logging() {
  static Logging instance;
  return instance;
}

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "info";
}

// Those of the Elastic Common Schema that we write (tests/observability holds them against it).
// Everything else is ours and stands below "socialtrend.", where no name of theirs can collide.
constexpr std::array<std::string_view, 15> ecs_names{"client.address",
                                                     "error.message",
                                                     "event.duration",
                                                     "http.request.id",
                                                     "http.request.method",
                                                     "http.response.body.bytes",
                                                     "http.response.status_code",
                                                     "message",
                                                     "process.exit_code",
                                                     "server.address",
                                                     "span.id",
                                                     "trace.id",
                                                     "transaction.id",
                                                     "url.full",
                                                     "url.path"};

std::string json_name(std::string_view name) {
  const bool theirs = std::ranges::find(ecs_names, name) != ecs_names.end();
  return theirs ? std::string(name) : "socialtrend." + std::string(name);
}

// Elastic Common Schema 8: the dotted names are allowed as they are.
std::string as_json(LogLevel level, std::string_view event, LogFields fields) {
  const Logging& state = logging();
  json::object line;
  line["@timestamp"] = format_rfc3339(SystemClock().now());
  line["log.level"] = name_of(level);
  line["message"] = event;
  line["event.action"] = event;
  line["ecs.version"] = "8.11";
  line["service.name"] = "socialtrend";
  line["service.version"] = SOCIALTREND_VERSION;
  line["service.node.role"] = state.role;
  line["host.name"] = state.host;
  line["process.pid"] = getpid();
  // CloudWatch's embedded metric format wants its numbers at the top, under their own names.
  const bool embedded =
      std::ranges::any_of(fields, [](const LogField& field) { return field.name == "_aws"; });
  for (const auto& [name, value] : fields)
    line[embedded ? std::string(name) : json_name(name)] = value;
  return json::serialize(line);
}

std::string as_text(LogLevel level, std::string_view event, LogFields fields) {
  std::string now =
      format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(SystemClock().now()));
  std::string line = now + " " + std::string(name_of(level)) + " " + std::string(event);
  for (const auto& [name, value] : fields) {
    line += " " + std::string(name) + "=";
    line += value.is_string() ? std::string(value.get_string()) : json::serialize(value);
  }
  // One event stays one line, whatever a peer sent.
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
}

}  // namespace

void start_logging(LogLevel level, LogFormat format, std::string_view role) {
  Logging& state = logging();
  state.level = level;
  state.format = format;
  state.role = role;
}

bool log_enabled(LogLevel level) {
  return level >= logging().level.load(std::memory_order_relaxed);
}

void log(LogLevel level, std::string_view event, LogFields fields) {
  if (!log_enabled(level)) return;
  Logging& state = logging();
  const std::string line = state.format == LogFormat::json ? as_json(level, event, fields)
                                                           : as_text(level, event, fields);
  state.logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace base
