// HTTP/1.1 server on one event loop (Boost.Beast underneath).
//
// Refuses what is ambiguous (two lengths, length with chunks, unknown transfer codings, a missing
// Host), bounds header, body and time of every request and the number of connections, compresses,
// logs, measures, and stops gracefully: after drain() each answer is the last on its connection;
// stop() refuses new connections, answers every request that was sent on one it has, until the
// deadline, then cuts.
#pragma once

#include "http/router.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace http {

struct ServerOptions {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 0;  // 0 = any free port, see Server::port()
  std::size_t header_max = std::size_t{16} * 1024;
  std::size_t body_max = std::size_t{1024} * 1024;  // larger for the paths in `large_body_paths`
  std::size_t large_body_max = std::size_t{64} * 1024 * 1024;
  std::vector<std::string> large_body_paths = {};  // prefixes, e.g. "/api/media"
  // Prefixes where a PATCH whose connection ended in the middle of its body is handed over with the
  // bytes that came, for an upload to go on from: its Content-Length is larger than its body.
  std::vector<std::string> resumable_paths = {};
  std::size_t connections_max = 10'000;
  std::chrono::milliseconds header_timeout{
      10'000};  // from a request's first byte to the end of its header
  std::chrono::milliseconds body_timeout{60'000};     // for each mebibyte
  std::chrono::milliseconds handler_timeout{60'000};  // 503 after this; streams are exempt
  std::chrono::milliseconds idle_timeout{75'000};     // keep-alive
  std::chrono::milliseconds write_timeout{60'000};    // a client that does not read is cut
  // How long stop() leaves idle connections open: what a client sent meanwhile is still answered.
  std::chrono::milliseconds idle_grace{300};
  std::vector<std::string> trusted_proxies = {};  // CIDR blocks whose X-Forwarded-* headers count
};

class Server {
 public:
  // Throws base::Unavailable when the address cannot be bound, with the address and the reason.
  Server(io::Executor executor, ServerOptions options, std::shared_ptr<const Router> router);
  ~Server();

  std::uint16_t port() const;
  void start();
  // From now on clients are told to leave: each answer closes its connection.
  void drain();
  // Stops accepting at once; returns when every request is done or the deadline has cut it.
  io::Task<> stop(std::chrono::milliseconds deadline);
  std::size_t connections() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace http
