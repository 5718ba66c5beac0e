// A double: a strict stand-in for a network's server, with its real limits, its real wire format,
// and faults on demand. The tests of connectors run against doubles, and so do people who rehearse
// a post without a network.
//
// A double keeps what it accepted in memory. One loop, no locks; the routes must not outlive it.
// doubles/catalogue.h lists them all.
#pragma once

#include "http/router.h"
#include "networks/doubles/fault.h"
#include "networks/doubles/rate_limit.h"
#include "networks/network.h"

#include <memory>
#include <string>
#include <vector>

namespace networks::doubles {

// What a network took: one entry for each copy that its readers would see.
struct Taken {
  std::string id;
  std::string text;
  std::string parent = {};  // id of the post it replies to
  std::string key = {};     // by which the network knows a repeat; "" where it knows none
};

class Double {
 public:
  virtual ~Double() = default;

  virtual const http::Router& routes() const = 0;
  // What a person fills into the form to connect to it; `origin` is where its routes are mounted.
  virtual json::object settings(std::string origin) const = 0;
  // Is this the request that makes a post public?
  virtual bool publishes(const http::Request& request) const = 0;
  virtual const std::vector<Taken>& taken() const = 0;

  Faults& faults() { return faults_; }
  // Memory is bounded: a full double takes nothing more.
  bool is_full() {
    for (; counted_ < taken().size(); ++counted_) kept_ += taken()[counted_].text.size() + 512;
    return kept_ >= kept_max;
  }
  static constexpr std::size_t kept_max = std::size_t{64} * 1024 * 1024;
  // For tests of speed and chaos, which want more than a network would allow.
  void lift_rate_limits() { limits_rates_ = false; }

 protected:
  // False when the limit is used up.
  bool spend(RateLimit& limit, base::Instant now, std::int64_t cost = 1) const {
    return !limits_rates_ || limit.spend(now, cost);
  }

 private:
  Faults faults_;
  bool limits_rates_ = true;
  std::size_t counted_ = 0;  // of taken()
  std::size_t kept_ = 0;     // bytes
};

}  // namespace networks::doubles
