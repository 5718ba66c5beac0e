// One log line and two metrics for each request, whatever became of it.
#pragma once

#include <chrono>
#include <string>

namespace http {

struct Access {
  std::string method;
  std::string path;   // logged only when no route matched: a route's path may hold a secret
  std::string route;  // "" when none matched
  std::string request_id;
  std::string trace_parent;
  std::string trace_came_in;  // the traceparent of whoever called, as it came
  std::string remote_address;
  int status = 0;
  std::size_t bytes = 0;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

// Debug level, info for 5xx.
void record(const Access& access);

}  // namespace http
