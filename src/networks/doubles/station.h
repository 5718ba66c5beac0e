// One double on a port of its own: HTTP, or WebSocket for relays. It can go down for a while, as a
// server does, and come back with what it had; or begin anew, empty. Loopback only, one loop.
#pragma once

#include "http/server.h"
#include "networks/doubles/catalogue.h"
#include "networks/doubles/relay_server.h"

#include <cstdint>
#include <memory>
#include <string>

namespace networks::doubles {

struct StationOptions {
  std::uint16_t port = 0;  // 0 = any free one
  FaultPlan faults = {};
  std::uint64_t place = 0;  // added to the seed of plans, so that networks do not fail in step
  bool rate_limits = true;
};

class Station {
 public:
  Station(io::Executor executor, Kind kind, const base::Clock& clock, StationOptions options);
  ~Station();

  // Listens; throws base::Unavailable when the port is taken.
  void open();
  io::Task<> close();
  // Closes, forgets everything that was received and all that is in line, and opens again.
  io::Task<> reset();
  // Nobody can connect for that long.
  io::Task<> go_down(std::chrono::milliseconds time);
  // Faults by chance from now on; those in line stay.
  void plan(FaultPlan faults);

  const Kind& kind() const { return kind_; }
  Double& far() { return *far_; }
  const Double& far() const { return *far_; }
  bool is_open() const { return http_ != nullptr || relay_ != nullptr; }
  std::string address() const;
  // What to fill into the form that connects an account.
  json::object settings() const;

 private:
  std::unique_ptr<Double> make() const;
  FaultPlan own_plan() const;
  std::shared_ptr<http::Router> router();
  io::Task<http::Response> forward(http::Request request);

  io::Executor executor_;
  Kind kind_;
  const base::Clock& clock_;
  StationOptions options_;
  std::unique_ptr<Double> far_;
  std::unique_ptr<Double> retired_;
  std::size_t uploads_ = 0;  // requests that leave something behind beside posts
  std::unique_ptr<http::Server> http_;
  std::unique_ptr<RelayServer> relay_;
};

}  // namespace networks::doubles
