// A stream of bytes to a Redis server: TCP, TLS over TCP, or a Unix socket.
#pragma once

#include "io/task.h"
#include "redis/endpoint.h"

#include <chrono>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace redis {

using SteadyTime = std::chrono::steady_clock::time_point;

// One task may read while another writes. A failure is told as its reason; a cancelled wait throws.
class Transport {
 public:
  virtual ~Transport() = default;
  // At least one byte; what is appended is at most a few kilobytes.
  virtual io::Task<std::expected<std::string, std::string>> read() = 0;
  // All of it.
  virtual io::Task<std::expected<void, std::string>> write(std::string bytes) = 0;
};

using Opened = std::expected<std::unique_ptr<Transport>, std::string>;

io::Task<Opened> open_transport(Endpoint endpoint, SteadyTime deadline);

}  // namespace redis
