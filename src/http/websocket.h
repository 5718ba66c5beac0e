// WebSocket client (RFC 6455) with TLS, deadlines, bounded messages and the same address guard as
// the HTTP client.
#pragma once

#include "http/address_policy.h"
#include "http/client.h"

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>

namespace http {

struct WebSocketOptions {
  std::string url;  // ws:// or wss://
  Headers headers = {};
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::milliseconds idle_timeout{
      60'000};  // pings keep it alive; silence longer than this ends it
  std::size_t message_max = std::size_t{1024} * 1024;
};

class WebSocket {
 public:
  virtual ~WebSocket() = default;
  // Nothing when the peer closed in good order; throws base::Unavailable when the connection broke
  // or timed out.
  virtual io::Task<std::optional<std::string>> receive() = 0;
  virtual io::Task<> send(std::string text) = 0;
  virtual io::Task<> close() = 0;
};

// Opens connections; a door, so that tests can hand out scripted ones.
class WebSocketConnector {
 public:
  virtual ~WebSocketConnector() = default;
  virtual io::Task<std::expected<std::unique_ptr<WebSocket>, TransportError>> connect(
      WebSocketOptions options) = 0;
};

std::unique_ptr<WebSocketConnector> make_websocket_connector(AddressPolicy addresses,
                                                             std::string user_agent);

}  // namespace http
