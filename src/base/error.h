// Error: an expected failure that the caller must choose about, as a value.
//
// Result<T> is for "no such post" and "text too long". What cannot go on (the database is gone) is
// thrown and caught in three places only: the HTTP server, the job executor and the task
// supervisor.
#pragma once

#include <expected>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace base {

// One bad field of an input: a JSON pointer-like name ("variants[0].text") and what is wrong, with
// the limit.
struct FieldError {
  std::string field;
  std::string message;
};

struct Error {
  int status = 400;     // HTTP status that the API answers with
  std::string code;     // stable, machine-readable: "not_found", "invalid", "conflict", ...
  std::string message;  // one sentence for a person
  std::vector<FieldError> fields = {};
  int retry_after = 0;  // seconds; 0 = not said
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

inline std::unexpected<Error> not_found(std::string message) {
  return fail({.status = 404, .code = "not_found", .message = std::move(message)});
}
inline std::unexpected<Error> conflict(std::string message) {
  return fail({.status = 409, .code = "conflict", .message = std::move(message)});
}
inline std::unexpected<Error> forbidden(std::string message) {
  return fail({.status = 403, .code = "forbidden", .message = std::move(message)});
}
inline std::unexpected<Error> invalid(std::vector<FieldError> fields) {
  std::string message = "The request has invalid fields.";
  if (fields.size() == 1) message = fields[0].field + ": " + fields[0].message;
  return fail({.status = 422, .code = "invalid", .message = message, .fields = std::move(fields)});
}
inline std::unexpected<Error> invalid(std::string field, std::string message) {
  return invalid(std::vector<FieldError>{{std::move(field), std::move(message)}});
}

// Something outside is gone or refuses: thrown, because nobody on the way up can mend it. `what()`
// never holds a secret.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace base
