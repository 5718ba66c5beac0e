#include "networks/doubles/fault.h"

#include "base/error.h"
#include "base/json.h"

namespace networks::doubles {
namespace {

http::Response failure(int status, std::string body) {
  return http::text_response(std::move(body), "text/html; charset=utf-8", status);
}

io::Task<> break_off(std::shared_ptr<http::BodyWriter>) {
  throw base::Unavailable("the connection is cut on purpose");
  co_return;
}

}  // namespace

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "none";
    case Fault::refuse_connection:
      return "refuse_connection";
    case Fault::drop_answer:
      return "drop_answer";
    case Fault::rate_limit:
      return "rate_limit";
    case Fault::fail_before:
      return "fail_before";
    case Fault::fail_after:
      return "fail_after";
    case Fault::malformed_answer:
      return "malformed_answer";
    case Fault::expire_token:
      return "expire_token";
    case Fault::revoke:
      return "revoke";
  }
  return "none";
}

std::vector<Fault> all_faults() {
  return {
      Fault::none,        Fault::refuse_connection, Fault::drop_answer,      Fault::rate_limit,
      Fault::fail_before, Fault::fail_after,        Fault::malformed_answer, Fault::expire_token,
      Fault::revoke};
}

Fault Faults::take() {
  const Fault fault = peek();
  if (!queue_.empty()) queue_.pop_front();
  return fault;
}

http::Filter Faults::filter(std::function<bool(const http::Request&)> publishes,
                            std::function<http::Response(Fault, const http::Request&)> refuse) {
  publishes_ = std::move(publishes);
  refuse_ = std::move(refuse);
  return [this](http::Request request, http::Handler next) {
    return act(std::move(request), std::move(next));
  };
}

io::Task<http::Response> Faults::act(http::Request request, http::Handler next) {
  const Fault fault = publishes_(request) ? take() : Fault::none;
  switch (fault) {
    case Fault::none:
      break;
    case Fault::refuse_connection:
      co_return broken_response();
    case Fault::fail_before:
      co_return failure(500, "<h1>Something went wrong</h1>");
    case Fault::rate_limit: {
      auto response = http::json_response(json::object{{"error", "Too many requests"}}, 429);
      response.headers.set("Retry-After", std::to_string(retry_after_seconds));
      co_return response;
    }
    case Fault::expire_token:
    case Fault::revoke:
      co_return refuse_(fault, request);
    case Fault::drop_answer:
    case Fault::fail_after:
    case Fault::malformed_answer: {
      const auto response = co_await next(std::move(request));
      if (response.status >= 300) co_return response;
      if (fault == Fault::drop_answer) co_return broken_response();
      if (fault == Fault::fail_after) co_return failure(502, "<h1>Bad gateway</h1>");
      co_return failure(200, "<html>We will be back soon");
    }
  }
  co_return co_await next(std::move(request));
}

http::Response broken_response() {
  http::Response response;
  response.stream = break_off;
  return response;
}

}  // namespace networks::doubles
