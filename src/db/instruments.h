// The database's metrics: how long statements take, by name, and how busy the connections are.
#pragma once

#include "base/trace_scope.h"
#include "db/database.h"

#include <chrono>
#include <string_view>

namespace db {

// Measures one statement from its making to its destruction: waiting for a connection included.
// Within a trace it is a span as well, of that name, without its text or values.
class QueryTimer {
 public:
  explicit QueryTimer(std::string_view sql);
  ~QueryTimer();
  QueryTimer(const QueryTimer&) = delete;
  QueryTimer& operator=(const QueryTimer&) = delete;

 private:
  std::string name_;
  base::PartSpan span_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

// The gauges are sums over the pools of this process; `told` is what this one has told before.
void report_pool(PoolState& told, const PoolState& now);

}  // namespace db
