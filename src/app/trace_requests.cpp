#include "app/trace_requests.h"

#include "app/span_exporter.h"
#include "http/trace.h"
#include "io/traced.h"

namespace app {
namespace {

// Null when its spans would be dropped. The traceparent is our own, so it is well-formed.
base::TraceScopePtr scope_of(const std::string& trace_parent, double share) {
  constexpr std::size_t span_at = 36;
  constexpr std::size_t span_size = 16;
  constexpr std::size_t flags_at = 53;
  const std::string_view trace = http::trace_id(trace_parent);
  if (trace.empty()) return nullptr;
  const bool sampled_before = trace_parent[flags_at + 1] == '1';
  if (!sampled_before && !is_sampled(trace, share)) return nullptr;
  return std::make_shared<const base::TraceScope>(
      base::TraceScope{.trace_id = std::string(trace),
                       .span_id = trace_parent.substr(span_at, span_size),
                       .sampled_before = sampled_before});
}

io::Task<http::Response> handle(double share, http::Request request, http::Handler next) {
  base::TraceScopePtr scope = scope_of(request.trace_parent, share);
  co_return co_await io::within_trace(std::move(scope), next(std::move(request)));
}

}  // namespace

http::Filter trace_requests(const Settings& settings) {
  // Of the traces that nobody else decided about, as the exporter keeps them.
  const double share = static_cast<double>(settings.trace_percent) / 100;
  return [share](http::Request request, http::Handler next) {
    if (!base::spans_wanted()) return next(std::move(request));
    return handle(share, std::move(request), std::move(next));
  };
}

}  // namespace app
