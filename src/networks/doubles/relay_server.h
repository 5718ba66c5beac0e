// A relay double on a real port: a WebSocket server on one event loop, for rehearsals and for tests
// of the real client.
#pragma once

#include "io/task.h"
#include "networks/doubles/relay.h"

#include <cstdint>
#include <memory>
#include <string>

namespace networks::doubles {

class RelayServer {
 public:
  // Listens on loopback; port 0 takes a free one. Throws base::Unavailable when the port is taken.
  // The relay must outlive the server.
  RelayServer(io::Executor executor, RelayDouble& relay, std::uint16_t port);
  ~RelayServer();

  std::uint16_t port() const;
  std::string url() const;
  void start();
  io::Task<> stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace networks::doubles
