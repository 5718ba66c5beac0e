// For tests: a WebSocket server that follows a script for each connection.
#pragma once

#include "io/task.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace trends::doubles {

struct WebSocketScript {
  int refuse_with = 0;  // an HTTP status instead of a handshake
  std::string refusal = {};
  std::vector<std::string> frames = {};
  enum class Then { stay, close, cut } then = Then::stay;
};

class WebSocketDouble {
 public:
  // `script` is asked at every connection, with the request's target.
  WebSocketDouble(io::Executor executor, std::function<WebSocketScript(std::string)> script);
  ~WebSocketDouble();
  std::string url(std::string_view path = "") const;
  const std::vector<std::string>& targets() const;
  const std::vector<std::string>& authorizations() const;
  io::Task<> stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace trends::doubles
