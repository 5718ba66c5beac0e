#include "networks/meta/graph.h"

#include "base/json.h"
#include "base/text.h"

#include <algorithm>
#include <initializer_list>

namespace networks::meta {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Codes of https://developers.facebook.com/docs/graph-api/guides/error-handling and of the
// references of both networks.
constexpr std::int64_t quota_subcode = 2207042;
constexpr seconds quota_pause = minutes(60);
constexpr seconds rate_pause = minutes(5);
constexpr seconds fetch_pause = minutes(1);

bool is_one_of(std::int64_t code, std::initializer_list<std::int64_t> codes) {
  return std::ranges::find(codes, code) != codes.end();
}

bool is_rate_limit(std::int64_t code) {
  return is_one_of(code, {4, 17, 32, 613}) || (code >= 80'000 && code <= 80'014);
}

bool is_permission(std::int64_t code) { return code == 10 || (code >= 200 && code <= 299); }

// The fetching of a picture failed, which is often over soon.
bool is_failed_fetch(std::int64_t subcode) {
  return is_one_of(subcode, {2207001, 2207003, 2207032, 2207052, 2207053});
}

std::string encode(const Parameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) text += '&';
    text += name + "=" + base::url_encode(value);
  }
  return text;
}

Outcome outcome_of(const Failure& failure, Outcome by_status, const std::string& reason,
                   seconds asked) {
  const auto wait = [&](seconds usual) { return asked.count() > 0 ? asked : usual; };
  // Whatever the words, a failure inside may have done its work.
  if (std::holds_alternative<Unknown>(by_status)) return by_status;
  if (is_one_of(failure.code, {102, 190})) return AccountBroken{reason};
  if (is_rate_limit(failure.code)) return RetryLater{.after = wait(rate_pause), .reason = reason};
  if (failure.subcode == quota_subcode || failure.code == 9) {
    return RetryLater{.after = wait(quota_pause), .reason = reason};
  }
  if (is_permission(failure.code)) return AccountBroken{reason};
  if (is_failed_fetch(failure.subcode)) return RetryLater{.after = fetch_pause, .reason = reason};
  if (is_one_of(failure.code, {1, 2})) return Unknown{reason};
  return by_status;
}

}  // namespace

std::optional<Failure> failure_in(const Answer& answer, std::string_view label, base::Instant now) {
  const auto body = answer ? base::parse_json(answer->body) : base::Result<json::value>(nullptr);
  const json::value error = body && body->is_object() ? *body : json::value(json::object{});
  Failure failure{.code = base::integer_at(error, "/error/code"),
                  .subcode = base::integer_at(error, "/error/error_subcode"),
                  .outcome = Unknown{}};
  auto words = base::text_at(error, "/error/error_user_msg");
  if (words.empty()) words = base::text_at(error, "/error/message");
  auto code = failure.code == 0 ? "" : fmt::format("graph_{}_{}", failure.code, failure.subcode);
  auto by_status =
      failure_of(answer, {.label = label, .now = now, .code = std::move(code), .words = words});
  if (!by_status) return std::nullopt;
  const auto reason =
      words.empty() ? reason_of(*by_status) : fmt::format("{}: {}", label, clean_words(words));
  const auto asked = answer ? wait_asked(answer->headers, now) : seconds(0);
  failure.outcome =
      answer ? outcome_of(failure, std::move(*by_status), reason, asked) : std::move(*by_status);
  if (base::boolean_at(error, "/error/is_transient") &&
      std::holds_alternative<Rejected>(failure.outcome)) {
    failure.outcome = Unknown{reason};
  }
  return failure;
}

bool is_not_available(const Failure& failure) {
  return failure.code == 9007 || is_one_of(failure.subcode, {2207006, 2207008, 2207027});
}

io::Task<Reply> Graph::get(std::string path, Parameters parameters,
                           std::chrono::milliseconds timeout) {
  parameters.emplace_back("access_token", token_);
  co_return co_await send({.url = server_ + path + "?" + encode(parameters), .timeout = timeout});
}

io::Task<Reply> Graph::post(std::string path, Parameters parameters) {
  parameters.emplace_back("access_token", token_);
  http::ClientRequest request{.method = "POST", .url = server_ + path, .body = encode(parameters)};
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  co_return co_await send(std::move(request));
}

io::Task<Reply> Graph::send(http::ClientRequest request) {
  const auto answer = co_await context_.http->send(std::move(request));
  if (auto bad = failure_in(answer, label_, context_.clock->now())) {
    co_return std::unexpected(std::move(*bad));
  }
  auto body = object_of(*answer);
  if (!body) {
    co_return std::unexpected(Failure{.outcome = Unknown{label_ + ": the answer cannot be read"}});
  }
  co_return std::move(*body);
}

}  // namespace networks::meta
