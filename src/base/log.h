// Logs: one event a line, Elastic Common Schema names, as JSON or (on a terminal) as text.
// Thread-safe.
//
//   base::log_warn("publish_unknown", {{"target.id", id}, {"reason", "timeout"}});
//
// Never log a token, a password or the text of a post. *error* means that a person must act.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include <boost/json/value.hpp>

namespace base {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { text, json };

using LogFields = std::initializer_list<std::pair<std::string_view, boost::json::value>>;

void start_logging(LogLevel level, LogFormat format, std::string_view role);
bool log_enabled(LogLevel level);
void log(LogLevel level, std::string_view event, LogFields fields);

inline void log_debug(std::string_view event, LogFields fields = {}) {
  if (log_enabled(LogLevel::debug)) log(LogLevel::debug, event, fields);
}
inline void log_info(std::string_view event, LogFields fields = {}) {
  log(LogLevel::info, event, fields);
}
inline void log_warn(std::string_view event, LogFields fields = {}) {
  log(LogLevel::warn, event, fields);
}
inline void log_error(std::string_view event, LogFields fields = {}) {
  log(LogLevel::error, event, fields);
}

}  // namespace base
