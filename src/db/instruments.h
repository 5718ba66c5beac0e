// The database's metrics: how long statements take, by name, and how busy the connections are.
#pragma once

#include "db/database.h"

#include <chrono>
#include <string_view>

namespace db {

// Measures one statement from its making to its destruction: waiting for a connection included.
class QueryTimer {
 public:
  explicit QueryTimer(std::string_view sql);
  ~QueryTimer();
  QueryTimer(const QueryTimer&) = delete;
  QueryTimer& operator=(const QueryTimer&) = delete;

 private:
  std::string name_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

void report_pool(const PoolState& state);

}  // namespace db
