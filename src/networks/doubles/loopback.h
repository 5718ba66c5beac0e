// The network without a network: requests go to the doubles' routes by a function call. For tests
// and the simulator, which want no ports, no sockets and nothing that depends on time.
#pragma once

#include "http/client.h"
#include "http/router.h"
#include "networks/doubles/fault.h"

#include <map>
#include <string>

namespace networks::doubles {

class LoopbackHttp final : public http::Client {
 public:
  // Answers for "http://host" or "http://host:port". Neither may end before this object.
  void mount(std::string origin, const http::Router* routes, Faults* faults = nullptr,
             std::function<bool(const http::Request&)> publishes = {});

  io::Task<std::expected<http::ClientResponse, http::TransportError>> send(
      http::ClientRequest request) override;

  // Everything that was sent, oldest first, by "METHOD /path".
  const std::vector<std::string>& sent() const { return sent_; }
  std::size_t count(std::string_view method_and_path_prefix) const;

 private:
  struct Mount {
    const http::Router* routes = nullptr;
    Faults* faults = nullptr;
    std::function<bool(const http::Request&)> publishes;
  };
  std::map<std::string, Mount> mounts_;
  std::vector<std::string> sent_;
};

}  // namespace networks::doubles
