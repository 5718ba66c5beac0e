// What comes of a task, in Celery's words.
#pragma once

#include "base/error.h"
#include "base/json.h"

#include <string>
#include <string_view>

namespace celery {

struct Outcome {
  enum class Status {
    success,
    failure,  // the result is {"exc_type", "exc_message", "exc_module"}
    revoked,  // likewise
    retry,    // not now: something outside is away
  };
  Status status = Status::success;
  json::value result = nullptr;
};

std::string_view to_string(Outcome::Status status);  // "SUCCESS"
Outcome::Status parse_status(std::string_view text);

Outcome success(json::value result);
// `type` is one of Python's exceptions, so that clients raise it.
Outcome failure(std::string_view type, std::string message);
// A refusal as the exception that fits it; with several fields each is named.
Outcome failure(const base::Error& error);
Outcome retry(std::string reason);
Outcome revoked(std::string reason);  // "revoked" or "expired"

// For events and logs: "ValueError('text: is missing')".
std::string exception_text(const Outcome& outcome);

}  // namespace celery
