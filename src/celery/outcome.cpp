#include "celery/outcome.h"

#include "base/check.h"
#include "base/text.h"

#include <fmt/format.h>

namespace celery {
namespace {

json::object exception(std::string_view type, std::string_view module, std::string message) {
  return {{"exc_type", type},
          {"exc_message", json::array{json::string(message)}},
          {"exc_module", module}};
}

std::string_view type_for(const base::Error& error) {
  const int status = error.status;
  if (error.code == "arguments") return "TypeError";
  if (status == 401 || status == 403) return "PermissionError";
  if (status == 404) return "LookupError";
  if (status == 400 || status == 413 || status == 415 || status == 422) return "ValueError";
  return "RuntimeError";
}

}  // namespace

std::string_view to_string(Outcome::Status status) {
  switch (status) {
    case Outcome::Status::success:
      return "SUCCESS";
    case Outcome::Status::failure:
      return "FAILURE";
    case Outcome::Status::revoked:
      return "REVOKED";
    case Outcome::Status::retry:
      return "RETRY";
  }
  CHECK(false);
}

Outcome::Status parse_status(std::string_view text) {
  using enum Outcome::Status;
  for (const auto status : {success, failure, revoked, retry}) {
    if (to_string(status) == text) return status;
  }
  CHECK(false);
}

Outcome success(json::value result) {
  return {.status = Outcome::Status::success, .result = std::move(result)};
}

Outcome failure(std::string_view type, std::string message) {
  return {.status = Outcome::Status::failure,
          .result = exception(type, "builtins", std::move(message))};
}

Outcome failure(const base::Error& error) {
  std::vector<std::string> lines;
  for (const base::FieldError& field : error.fields) {
    lines.push_back(fmt::format("{}: {}", field.field, field.message));
  }
  return failure(type_for(error), lines.empty() ? error.message : base::join(lines, "; "));
}

Outcome retry(std::string reason) {
  return {.status = Outcome::Status::retry,
          .result = exception("Retry", "celery.exceptions", std::move(reason))};
}

Outcome revoked(std::string reason) {
  return {.status = Outcome::Status::revoked,
          .result = exception("TaskRevokedError", "celery.exceptions", std::move(reason))};
}

std::string exception_text(const Outcome& outcome) {
  return fmt::format("{}('{}')", base::text_at(outcome.result, "/exc_type"),
                     base::text_at(outcome.result, "/exc_message/0"));
}

}  // namespace celery
