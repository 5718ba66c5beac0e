// Calls of X's API v2, what its refusals mean, and its tokens.
#pragma once

#include "networks/answer.h"
#include "networks/network.h"

#include <expected>
#include <string>

namespace networks::x {

// A refusal that says the same words are there already: ours, or from before.
struct Failure {
  Outcome outcome;
  bool duplicate = false;
};
using Reply = std::expected<json::value, Failure>;

// Nothing when the answer is 2xx.
std::optional<Failure> failure_in(const Answer& answer, base::Instant now);

class Api {
 public:
  Api(Context context, const json::object& credentials);

  io::Task<Reply> get(std::string path);
  io::Task<Reply> post(std::string path, json::value body);
  // One part of a file.
  io::Task<Reply> append(std::string path, std::size_t segment, std::string bytes);
  // The access token has run out by our clock: nothing should be sent before it is renewed.
  bool expired() const;

  const Context& context() const { return context_; }

 private:
  io::Task<Reply> send(http::ClientRequest request);
  http::ClientRequest request(std::string method, const std::string& path) const;

  Context context_;
  std::string server_;
  std::string token_;
  base::Instant expires_at_{};  // the epoch: not known
};

// What a call answers while the token waits for its renewal.
RetryLater waits_for_renewal();

// New tokens for the refresh token, which X takes once only: whatever comes back must be saved.
io::Task<Renewal> renew_tokens(Context context, json::object credentials);

}  // namespace networks::x
