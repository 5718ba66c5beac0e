// What all connections of one server share. One loop, one thread.
#pragma once

#include "base/time.h"
#include "http/ip_address.h"
#include "http/server.h"

#include <memory>
#include <string>
#include <vector>

namespace http {

struct ServerContext {
  ServerContext(io::Executor loop, ServerOptions server_options,
                std::shared_ptr<const Router> table, std::vector<Network> trusted)
      : executor(std::move(loop)),
        options(std::move(server_options)),
        router(std::move(table)),
        trusted_proxies(std::move(trusted)) {}

  io::Executor executor;
  ServerOptions options;
  std::shared_ptr<const Router> router;
  std::vector<Network> trusted_proxies;
  bool draining = false;  // each answer is the last on its connection
  bool stopping = false;  // nothing new is accepted, event streams end
  bool closing = false;   // nobody waits for a next request any more
  // Handlers and streams that still run, those that were given up included.
  std::size_t calls = 0;

  // The value of the Date header, made once a second.
  const std::string& date() {
    const base::Instant now = base::SystemClock{}.now();
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (second != date_second_) {
      date_second_ = second;
      date_ = base::format_http_date(now);
    }
    return date_;
  }

 private:
  std::chrono::sys_seconds date_second_ = {};
  std::string date_;
};

}  // namespace http
