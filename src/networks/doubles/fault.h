// What can go wrong between us and a network, on demand: the script that doubles act out.
//
// A fault is for the next publishing request, whichever it is for that network; the requests around
// it (logging in, uploading, looking up) are answered in good order. Faults that were put in line
// come first; when none waits, the plan decides by chance, the same way for the same seed.
#pragma once

#include "base/error.h"
#include "http/router.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace networks::doubles {

enum class Fault {
  none,
  refuse_connection,  // nothing gets there
  drop_answer,        // carried out, and the connection breaks before the answer
  delay,              // carried out, and answered late
  rate_limit,         // 429, in the network's own words; wait 7 seconds
  fail_before,        // 500, not carried out
  fail_after,         // 502, carried out
  malformed_answer,   // carried out, and the answer is no JSON
  wrong_types,        // carried out, and the answer's fields are of other types
  huge_answer,        // carried out, and the answer does not end where it should
  redirect,           // sent elsewhere, not carried out
  expire_token,       // the session ran out; a renewed one is good
  revoke,             // nothing will be let in again
};
constexpr int retry_after_seconds = 7;

std::string_view to_string(Fault fault);
std::vector<Fault> all_faults();
std::optional<Fault> parse_fault(std::string_view name);

// Faults by chance: each publishing request meets at most one.
struct FaultPlan {
  std::vector<std::pair<Fault, double>> rates;  // the sum is at most 1
  std::uint64_t seed = 0;
  std::chrono::milliseconds delay{2'000};  // of Fault::delay
};
// "rate=0.1,seed=7" spreads the rate evenly over the faults from which a network recovers;
// "drop_answer=0.05,revoke=0.001,delay_ms=500" names them. "" is no fault at all.
base::Result<FaultPlan> parse_fault_plan(std::string_view text);

class Faults {
 public:
  void next(Fault fault) { queue_.push_back(fault); }
  void clear() { queue_.clear(); }
  void plan(FaultPlan plan);
  // The fault of this publishing request, and on to the next.
  Fault take();
  // The fault that the next publishing request meets.
  Fault peek();
  std::chrono::milliseconds delay() const { return plan_.delay; }

  using Refuse = std::function<http::Response(Fault, const http::Request&)>;
  using TooMany = std::function<http::Response(std::chrono::seconds wait)>;
  // Acts out all but refuse_connection on the requests that `publishes` picks. `refuse` acts out
  // expire_token and revoke, `too_many` rate_limit where a network says it in its own way.
  // refuse_connection is the transport's to act out; a server can only cut the connection. Not to
  // outlive this object.
  http::Filter filter(std::function<bool(const http::Request&)> publishes, Refuse refuse,
                      TooMany too_many = {});

 private:
  io::Task<http::Response> act(http::Request request, http::Handler next);
  io::Task<http::Response> carry_out(Fault fault, http::Request request, http::Handler next);

  std::deque<Fault> queue_;
  FaultPlan plan_{.delay = std::chrono::milliseconds(0)};
  std::mt19937_64 chance_;
  std::function<bool(const http::Request&)> publishes_;
  Refuse refuse_;
  TooMany too_many_;
};

// A response whose connection breaks in the middle.
http::Response broken_response();

}  // namespace networks::doubles
