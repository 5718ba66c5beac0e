#include "app/health.h"

#include "base/metrics.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace app {
namespace {

namespace json = boost::json;
using namespace asio::experimental::awaitable_operators;

metrics::Counter cache_requests{"cache_requests_total",
                                "Questions to the caches of this process, by what they led to.",
                                {"cache", "result"}};

constexpr auto database_deadline = std::chrono::seconds(2);

json::object status_body(std::string_view status, const std::string& role) {
  return {{"status", status},
          {"version", SOCIALTREND_VERSION},
          {"role", role},
          {"checks", json::array()}};
}

// A lost connection says nothing of the database yet: once the others that went with it are
// noticed, a second question goes to a new one.
io::Task<std::string> answer_of(db::Database& database) {
  std::string problem;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (attempt > 0) co_await io::sleep_for(std::chrono::milliseconds(100));
    try {
      co_await database.execute("SELECT 1");
      co_return "";
    } catch (const std::exception& error) {  // this is the place that turns it into an answer
      problem = error.what();
    }
  }
  co_return problem;
}

io::Task<http::Response> metrics_response(http::Request) {
  co_return http::text_response(metrics::expose(), "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace

Health::Health(std::string role, const base::Clock& clock)
    : role_(std::move(role)), clock_(clock) {}

void Health::add(std::string name, std::function<CheckResult()> check) {
  checks_.push_back({.name = std::move(name), .check = std::move(check)});
}

void Health::add_aside(std::string name, std::function<CheckResult()> check) {
  checks_.push_back({.name = std::move(name), .check = std::move(check), .counts = false});
}

void Health::bind(http::Router& router) {
  router.get("/api/health", [this](http::Request) { return summary(false); });
  router.get("/automation/health", [this](http::Request) { return summary(false); });
  router.get("/api/health/ready", [this](http::Request) { return summary(true); });
  router.get("/api/health/live", [this](http::Request) { return say(true); });
  router.get("/api/health/startup", [this](http::Request) { return say(started_); });
  router.get("/metrics", metrics_response);
  router.get("/api/metrics", metrics_response);
}

io::Task<http::Response> Health::say(bool good) {
  co_return http::json_response(status_body(good ? "ok" : "starting", role_), good ? 200 : 503);
}

io::Task<CheckResult> Health::check_database() {
  if (clock_.now() - database_asked_ < std::chrono::seconds(1)) {
    cache_requests.add({"health", "hit"});
    co_return database_result_;
  }
  cache_requests.add({"health", "miss"});
  auto answer = co_await (answer_of(*database_) || io::sleep_for(database_deadline));
  std::string problem = answer.index() == 0 ? std::get<0>(answer) : "no answer within 2 s";
  database_asked_ = clock_.now();
  database_result_ = {.ok = problem.empty(), .message = std::move(problem)};
  co_return database_result_;
}

io::Task<http::Response> Health::summary(bool refuse_when_bad) {
  json::array checks;
  bool good = true;
  const auto put = [&](std::string_view name, const CheckResult& result, bool counts = true) {
    good = good && (result.ok || !counts);
    checks.push_back({{"name", name}, {"ok", result.ok}, {"message", result.message}});
  };
  if (database_ != nullptr) put("database", co_await check_database());
  for (const Named& named : checks_) put(named.name, named.check(), named.counts);
  if (draining_) put("serving", {.ok = false, .message = "this process is stopping"});
  json::object body = status_body(good ? "ok" : "degraded", role_);
  body["checks"] = std::move(checks);
  const bool refuse = refuse_when_bad && (!good || !started_);
  http::Response response = http::json_response(body, refuse ? 503 : 200);
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace app
