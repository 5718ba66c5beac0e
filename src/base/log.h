// Logs: one event a line, Elastic Common Schema names, as JSON or (on a terminal) as text.
// Thread-safe.
//
//   base::log_warn("publish_unknown", {{"target.id", id}, {"reason", "timeout"}});
//
// Never log a token, a password or the text of a post. *error* means that a person must act.
#pragma once

#include <initializer_list>
#include <string_view>

#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>

namespace base {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { text, json };

struct LogField {
  template <class T>
  LogField(std::string_view field_name, const T& field_value)
      : name(field_name), value(boost::json::value_from(field_value)) {}

  std::string_view name;
  boost::json::value value;
};
using LogFields = std::initializer_list<LogField>;

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
