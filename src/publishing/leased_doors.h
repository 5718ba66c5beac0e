// The doors to a network for one target: they open only while its worker holds the lease. A process
// that was stopped past its lease and then goes on finds them shut, at the very moment when the
// first byte would leave; whoever has the target now is not crossed.
#pragma once

#include "http/client.h"
#include "http/websocket.h"
#include "networks/network.h"

#include <functional>
#include <memory>
#include <optional>

namespace publishing {

// Asked when a byte is about to leave, perhaps after whoever began has gone: it owns what it needs.
using Permit = std::function<bool()>;

class LeasedClient final : public http::Client {
 public:
  LeasedClient(http::Client& real, Permit permit);
  io::Task<std::expected<http::ClientResponse, http::TransportError>> send(
      http::ClientRequest request) override;
  // Was something held back?
  bool held_back() const { return *held_back_; }

 private:
  http::Client& real_;
  Permit permit_;
  std::shared_ptr<bool> held_back_ = std::make_shared<bool>(false);
};

class LeasedWebSockets final : public http::WebSocketConnector {
 public:
  LeasedWebSockets(http::WebSocketConnector& real, Permit permit);
  io::Task<std::expected<std::unique_ptr<http::WebSocket>, http::TransportError>> connect(
      http::WebSocketOptions options) override;

 private:
  http::WebSocketConnector& real_;
  Permit permit_;
};

// The doors of a connector, all behind one permit; lives as long as the call.
class LeasedDoors {
 public:
  LeasedDoors(networks::Context real, Permit permit);
  LeasedDoors(const LeasedDoors&) = delete;
  LeasedDoors& operator=(const LeasedDoors&) = delete;

  bool held_back() const { return http_ && http_->held_back(); }

  networks::Context context;

 private:
  std::optional<LeasedClient> http_;
  std::optional<LeasedWebSockets> websockets_;
};

}  // namespace publishing
