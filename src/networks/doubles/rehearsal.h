// A rehearsal: the doubles of the catalogue on ports of their own, and one more port to see what
// they received and to let things go wrong. For people who try a campaign without a network, and
// for tests that count at the receiver. Loopback only; nothing is kept on disk.
//
//   GET  /            what was received, as a page
//   GET  /networks    addresses, and what to fill in to connect an account
//   GET  /received    what was received, with how often: ?network=NAME, ?limit=N
//   POST /faults      {"network", "next": ["drop_answer"], "plan": "rate=0.1,seed=7",
//                      "down_ms": 5000}
//   POST /reset       {"network"}: everything is forgotten
#pragma once

#include "networks/doubles/station.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace networks::doubles {

struct RehearsalOptions {
  std::uint16_t port = 8700;  // of the control address; the doubles follow. 0 = any free ones
  std::vector<std::string> networks = {};  // names of kinds or networks; empty = all
  FaultPlan faults = {};
  bool rate_limits = true;
};

class Rehearsal {
 public:
  // A name that nobody has is an error of the field "networks".
  static base::Result<std::unique_ptr<Rehearsal>> make(io::Executor executor,
                                                       RehearsalOptions options,
                                                       const base::Clock& clock);
  ~Rehearsal();

  // Listens; throws base::Unavailable when a port is taken.
  void start();
  io::Task<> stop();

  std::string address() const;
  // {"control", "networks": [{"name", "network", "label", "address", "settings"}]}
  json::object about() const;
  // Of one kind, or of all ("").
  json::object received(std::string_view name, std::size_t limit) const;

 private:
  Rehearsal(io::Executor executor, RehearsalOptions options);
  void bind(http::Router& router);
  base::Result<std::vector<Station*>> pick(const std::string& name);
  io::Task<http::Response> set_faults(http::Request request);
  io::Task<http::Response> reset(http::Request request);
  io::Task<http::Response> show_received(http::Request request) const;
  http::Response page() const;

  io::Executor executor_;
  RehearsalOptions options_;
  std::vector<std::unique_ptr<Station>> stations_;
  std::unique_ptr<http::Server> control_;
  io::Supervisor tasks_;
};

}  // namespace networks::doubles
