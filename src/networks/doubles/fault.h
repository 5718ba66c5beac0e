// What can go wrong between us and a network, on demand: the script that doubles act out.
//
// A fault is for the next publishing request, whichever it is for that network; the requests around
// it (logging in, uploading, looking up) are answered in good order.
#pragma once

#include "http/router.h"

#include <deque>
#include <functional>
#include <string_view>

namespace networks::doubles {

enum class Fault {
  none,
  refuse_connection,  // nothing gets there
  drop_answer,        // carried out, and the connection breaks before the answer
  rate_limit,         // 429, Retry-After: 7
  fail_before,        // 500, not carried out
  fail_after,         // 500, carried out
  malformed_answer,   // carried out, and the answer is no JSON
  expire_token,       // the session ran out; a renewed one is good
  revoke,             // nothing will be let in again
};
constexpr int retry_after_seconds = 7;

std::string_view to_string(Fault fault);
std::vector<Fault> all_faults();

class Faults {
 public:
  void next(Fault fault) { queue_.push_back(fault); }
  // The fault of this publishing request, and on to the next.
  Fault take();
  Fault peek() const { return queue_.empty() ? Fault::none : queue_.front(); }

  // Acts out rate_limit, fail_*, malformed_answer and drop_answer on the requests that `publishes`
  // picks. `refuse` acts out expire_token and revoke. refuse_connection is the transport's to act
  // out; a server can only cut the connection. Not to outlive this object.
  http::Filter filter(std::function<bool(const http::Request&)> publishes,
                      std::function<http::Response(Fault, const http::Request&)> refuse);

 private:
  io::Task<http::Response> act(http::Request request, http::Handler next);

  std::deque<Fault> queue_;
  std::function<bool(const http::Request&)> publishes_;
  std::function<http::Response(Fault, const http::Request&)> refuse_;
};

// A response whose connection breaks in the middle.
http::Response broken_response();

}  // namespace networks::doubles
