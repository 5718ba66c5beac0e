// One connection to a Redis server, from the greeting (AUTH, SELECT) to its end. No reconnecting:
// that is its owners' work (Client, Subscriber).
#pragma once

#include "redis/reply.h"
#include "redis/transport.h"

#include <chrono>
#include <expected>
#include <memory>
#include <string>

namespace redis {

struct ConnectionOptions {
  Endpoint endpoint;
  ReplyLimits limits = {};
  std::chrono::milliseconds connect_timeout{3'000};  // greeting included
  std::chrono::milliseconds pause_min{100};          // between tries: doubled, with chance
  std::chrono::milliseconds pause_max{10'000};
};

class Connection {
 public:
  // Greeted and ready, or why not; the reason names the server and holds no secret.
  static io::Task<std::expected<std::unique_ptr<Connection>, std::string>> open(
      ConnectionOptions options);

  // The next reply, or why there will be none any more. One task may read while another writes.
  io::Task<std::expected<Reply, std::string>> read();
  io::Task<std::expected<void, std::string>> write(std::string bytes);

 private:
  Connection(std::unique_ptr<Transport> transport, ReplyLimits limits);
  io::Task<std::expected<void, std::string>> greet(Endpoint endpoint);

  std::unique_ptr<Transport> transport_;
  ReplyReader reader_;
};

// The gauge redis_connected{connection}.
void report_connected(std::string_view connection, bool connected);

// The pauses between tries to connect: growing, and different for each process, so that a thousand
// of them do not come back in the same instant.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds min, std::chrono::milliseconds max);
  std::chrono::milliseconds next();
  void reset();

 private:
  const std::chrono::milliseconds min_;
  const std::chrono::milliseconds max_;
  std::chrono::milliseconds pause_;
};

}  // namespace redis
