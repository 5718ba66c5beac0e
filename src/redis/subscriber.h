// What is published on some channels of Redis, over a connection of its own.
//
// Publish and subscribe forget: what is said while this connection is down is never heard. So every
// new connection calls `connected`, and whoever listens looks for himself then. A server that goes
// silent is found out by asking it every few seconds. Not thread-safe: one per loop; handlers run
// on it and must not throw. Outlives its run().
#pragma once

#include "io/task.h"
#include "redis/connection.h"

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace redis {

struct SubscriberOptions {
  ConnectionOptions connection;
  std::chrono::milliseconds ping_every{10'000};  // given up after two that are not answered
};

class Subscriber {
 public:
  using Handler = std::function<void(const std::string& message)>;

  explicit Subscriber(SubscriberOptions options);

  // Before run().
  void on(std::string channel, Handler handler);
  void on_connected(std::function<void()> then) { on_connected_ = std::move(then); }

  bool connected() const { return connected_; }

  // Listens until it is cancelled: one supervised task.
  io::Task<> run();

 private:
  io::Task<std::string> serve(Connection& connection);
  io::Task<std::string> hear(Connection& connection);
  io::Task<std::string> ping(Connection& connection);
  void take(const Reply& reply);

  const SubscriberOptions options_;
  std::map<std::string, Handler> handlers_;
  std::function<void()> on_connected_;
  std::size_t subscribed_ = 0;  // channels, on this connection
  bool connected_ = false;
  SteadyTime heard_at_;
};

}  // namespace redis
