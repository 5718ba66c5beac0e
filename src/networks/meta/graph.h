// Calls of Meta's Graph API as Threads and Instagram have it, and what its refusals mean.
//
// Tokens go where the documentation puts them, into the parameters: into the body of a POST, and
// into the query of a GET, which nothing of ours logs.
#pragma once

#include "networks/answer.h"
#include "networks/network.h"

#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace networks::meta {

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Failure {
  std::int64_t code = 0;  // the API's own; 0 = none
  std::int64_t subcode = 0;
  Outcome outcome;
};
using Reply = std::expected<json::object, Failure>;

class Graph {
 public:
  Graph(Context context, std::string label, std::string server, std::string token)
      : context_(context),
        label_(std::move(label)),
        server_(std::move(server)),
        token_(std::move(token)) {}

  // `path` begins with a slash. `timeout` for everything.
  io::Task<Reply> get(std::string path, Parameters parameters,
                      std::chrono::milliseconds timeout = std::chrono::seconds(30));
  io::Task<Reply> post(std::string path, Parameters parameters);

  const Context& context() const { return context_; }
  const std::string& label() const { return label_; }

 private:
  io::Task<Reply> send(http::ClientRequest request);

  Context context_;
  std::string label_;
  std::string server_;
  std::string token_;
};

// The failure that an answer is; nothing when it is 2xx.
std::optional<Failure> failure_in(const Answer& answer, std::string_view label, base::Instant now);

// "Media ID is not available": not ready yet, published already, or gone.
bool is_not_available(const Failure& failure);

}  // namespace networks::meta
