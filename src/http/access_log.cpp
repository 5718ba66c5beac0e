#include "http/access_log.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/spans.h"
#include "http/trace.h"

namespace http {
namespace {

using boost::json::value;

metrics::Counter requests{
    "http_requests_total", "Requests by outcome.", {"method", "route", "status"}};
metrics::Histogram durations{"http_request_duration_seconds",
                             "Time from the end of a request's header to the end of its response; "
                             "to the first byte of a stream.",
                             metrics::latency_bounds(),
                             {"method", "route"}};

constexpr std::size_t path_max = 200;

// Label values come from a closed set: anybody can invent methods.
std::string_view method_label(std::string_view method) {
  for (const std::string_view known :
       {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    if (method == known) return known;
  }
  return "other";
}

// The span of a request, in the trace of who called us when that was well-formed.
void end_span_of(const Access& access, std::string_view method, std::string_view route,
                 std::chrono::steady_clock::duration duration) {
  constexpr std::size_t span_at = 36;
  constexpr std::size_t span_size = 16;
  constexpr std::size_t flags_at = 53;
  const std::string_view trace = trace_id(access.trace_parent);
  if (trace.empty()) return;
  base::TraceSpan span{.trace_id = std::string(trace),
                       .id = access.trace_parent.substr(span_at, span_size),
                       .name = std::string(method) + " " + std::string(route),
                       .kind = base::TraceSpan::Kind::server,
                       .end = base::SystemClock().now(),
                       .attributes = {{"http.request.method", std::string(method)},
                                      {"http.route", std::string(route)},
                                      {"http.response.status_code", std::to_string(access.status)}},
                       .failed = access.status >= 500};
  span.start = span.end - std::chrono::duration_cast<base::Duration>(duration);
  // continue_trace() took it over: so it was well-formed.
  if (trace_id(access.trace_came_in) == trace) {
    span.parent_id = access.trace_came_in.substr(span_at, span_size);
    span.sampled_before = access.trace_came_in[flags_at + 1] == '1';
  }
  base::end_span(std::move(span));
}

}  // namespace

void record(const Access& access) {
  const auto duration = std::chrono::steady_clock::now() - access.start;
  const std::string_view method = method_label(access.method);
  const std::string_view route =
      access.route.empty() ? std::string_view("unmatched") : access.route;
  const std::string status = std::to_string(access.status);
  requests.add({method, route, status});
  durations.observe({method, route}, std::chrono::duration<double>(duration).count());

  if (base::spans_wanted()) end_span_of(access, method, route, duration);

  const base::LogLevel level = access.status >= 500 ? base::LogLevel::info : base::LogLevel::debug;
  if (!base::log_enabled(level)) return;
  const std::string_view path =
      access.route.empty() ? std::string_view(access.path).substr(0, path_max) : "";
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
  base::log(level, "http_request",
            {{"http.request.method", value(method)},
             {"http.route", value(route)},
             {"url.path", value(path)},
             {"http.response.status_code", access.status},
             {"http.response.body.bytes", access.bytes},
             {"event.duration", nanoseconds},
             {"client.address", value(access.remote_address)},
             {"http.request.id", value(access.request_id)},
             {"trace.id", value(trace_id(access.trace_parent))}});
}

}  // namespace http
