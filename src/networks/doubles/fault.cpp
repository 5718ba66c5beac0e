#include "networks/doubles/fault.h"

#include "base/error.h"
#include "base/json.h"

namespace networks::doubles {
namespace {

// More than any client of ours reads of an answer.
constexpr std::size_t huge = std::size_t{5} * 1024 * 1024;

http::Response failure(int status, std::string body) {
  return http::text_response(std::move(body), "text/html; charset=utf-8", status);
}

io::Task<> break_off(std::shared_ptr<http::BodyWriter>) {
  throw base::Unavailable("the connection is cut on purpose");
  co_return;
}

http::Response too_many_requests(std::chrono::seconds wait) {
  auto response = http::json_response(json::object{{"error", "Too many requests"}}, 429);
  response.headers.set("Retry-After", std::to_string(wait.count()));
  return response;
}

http::Response moved() {
  auto response = failure(302, "<a href=\"http://elsewhere.example/\">Moved</a>");
  response.headers.set("Location", "http://elsewhere.example/");
  return response;
}

// The answer with text where numbers or objects were, and numbers where text was.
json::value twisted(const json::value& value) {
  if (!value.is_object()) return json::object{};
  json::object out;
  for (const auto& field : value.get_object()) {
    const json::value other = field.value().is_string() ? json::value(42) : json::value("x");
    out.emplace(field.key(), other);
  }
  return out;
}

http::Response with_wrong_types(const http::Response& response) {
  const auto body = base::parse_json(response.body);
  return http::json_response(body ? twisted(*body) : json::value(json::object{}), response.status);
}

}  // namespace

void Faults::plan(FaultPlan plan) {
  chance_.seed(plan.seed);
  plan_ = std::move(plan);
}

Fault Faults::peek() {
  if (queue_.empty() && !plan_.rates.empty()) {
    double drawn = std::generate_canonical<double, 53>(chance_);
    Fault chosen = Fault::none;
    for (const auto& [fault, rate] : plan_.rates) {
      if (chosen == Fault::none && drawn < rate) chosen = fault;
      drawn -= rate;
    }
    // Kept, so that asking twice is no second draw.
    queue_.push_back(chosen);
  }
  return queue_.empty() ? Fault::none : queue_.front();
}

Fault Faults::take() {
  const Fault fault = peek();
  if (!queue_.empty()) queue_.pop_front();
  return fault;
}

http::Filter Faults::filter(std::function<bool(const http::Request&)> publishes, Refuse refuse,
                            TooMany too_many) {
  publishes_ = std::move(publishes);
  refuse_ = std::move(refuse);
  too_many_ = too_many ? std::move(too_many) : too_many_requests;
  return [this](http::Request request, http::Handler next) {
    return act(std::move(request), std::move(next));
  };
}

io::Task<http::Response> Faults::act(http::Request request, http::Handler next) {
  const Fault fault = publishes_(request) ? take() : Fault::none;
  switch (fault) {
    case Fault::refuse_connection:
      co_return broken_response();
    case Fault::fail_before:
      co_return failure(500, "<h1>Something went wrong</h1>");
    case Fault::rate_limit:
      co_return too_many_(std::chrono::seconds(retry_after_seconds));
    case Fault::redirect:
      co_return moved();
    case Fault::expire_token:
    case Fault::revoke:
      co_return refuse_(fault, request);
    default:
      co_return co_await carry_out(fault, std::move(request), std::move(next));
  }
}

io::Task<http::Response> Faults::carry_out(Fault fault, http::Request request, http::Handler next) {
  auto response = co_await next(std::move(request));
  if (response.status >= 300) co_return response;
  switch (fault) {
    case Fault::drop_answer:
      co_return broken_response();
    case Fault::delay:
      co_await io::sleep_for(plan_.delay);
      co_return response;
    case Fault::fail_after:
      co_return failure(502, "<h1>Bad gateway</h1>");
    case Fault::malformed_answer:
      co_return failure(200, "<html>We will be back soon");
    case Fault::wrong_types:
      co_return with_wrong_types(response);
    case Fault::huge_answer:
      co_return failure(200, "{\"id\":\"" + std::string(huge, 'x'));
    default:
      co_return response;
  }
}

http::Response broken_response() {
  http::Response response;
  response.stream = break_off;
  return response;
}

}  // namespace networks::doubles
