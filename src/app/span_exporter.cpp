#include "app/span_exporter.h"

#include "base/log.h"
#include "base/metrics.h"

#include <charconv>

#include <boost/json.hpp>

namespace app {
namespace {

namespace json = boost::json;

constexpr int status_error = 2;

metrics::Counter exported{"trace_spans_exported_total", "Spans that the collector took."};
metrics::Counter dropped{"trace_spans_dropped_total",
                         "Spans that were not sent: queue full or collector away.",
                         {"why"}};

json::object attribute(std::string_view key, std::string_view value) {
  return {{"key", key}, {"value", {{"stringValue", value}}}};
}

std::string nanoseconds(base::Instant instant) {
  return std::to_string(base::to_micros(instant)) + "000";
}

json::object to_json(const base::TraceSpan& span) {
  json::array attributes;
  for (const auto& [key, value] : span.attributes) attributes.push_back(attribute(key, value));
  json::object object{{"traceId", span.trace_id},
                      {"spanId", span.id},
                      {"name", span.name},
                      {"kind", static_cast<int>(span.kind)},
                      {"startTimeUnixNano", nanoseconds(span.start)},
                      {"endTimeUnixNano", nanoseconds(span.end)},
                      {"attributes", std::move(attributes)}};
  if (!span.parent_id.empty()) object["parentSpanId"] = span.parent_id;
  if (span.failed) object["status"] = json::object{{"code", status_error}};
  return object;
}

}  // namespace

std::string to_otlp(const std::deque<base::TraceSpan>& spans, const SpanExporterOptions& options) {
  json::array list;
  for (const base::TraceSpan& span : spans) list.push_back(to_json(span));
  json::array resource{attribute("service.name", "socialtrend-" + options.role),
                       attribute("service.version", SOCIALTREND_VERSION),
                       attribute("service.instance.id", options.process)};
  const json::object scope{{"scope", {{"name", "socialtrend"}}}, {"spans", std::move(list)}};
  const json::object group{{"resource", {{"attributes", std::move(resource)}}},
                           {"scopeSpans", json::array{scope}}};
  return json::serialize(json::object{{"resourceSpans", json::array{group}}});
}

bool is_sampled(std::string_view trace_id, double share) {
  if (share >= 1) return true;
  if (share <= 0 || trace_id.size() < 8) return false;
  std::uint32_t number = 0;
  const std::string_view tail = trace_id.substr(trace_id.size() - 8);
  std::from_chars(tail.data(), tail.data() + tail.size(), number, 16);
  return number < share * 4294967296.0;
}

SpanExporter::SpanExporter(io::Executor executor, http::Client& client, SpanExporterOptions options)
    : client_(client), options_(std::move(options)), full_(std::move(executor)) {}

void SpanExporter::take(base::TraceSpan span) {
  if (!span.sampled_before && !is_sampled(span.trace_id, options_.share)) return;
  if (queue_.size() >= options_.queue_max) return dropped.add({"queue_full"});
  queue_.push_back(std::move(span));
  if (queue_.size() >= options_.batch_max) full_.notify();
}

io::Task<> SpanExporter::run() {
  while (true) {
    co_await full_.wait_for(options_.batch_every);
    while (!queue_.empty()) co_await send_batch();
  }
}

io::Task<> SpanExporter::flush() {
  if (!queue_.empty()) co_await send_batch();
}

io::Task<> SpanExporter::send_batch() {
  std::deque<base::TraceSpan> batch;
  while (!queue_.empty() && batch.size() < options_.batch_max) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  http::ClientRequest request{.method = "POST",
                              .url = options_.endpoint + "/v1/traces",
                              .body = to_otlp(batch, options_),
                              .timeout = options_.timeout,
                              .connect_timeout = options_.timeout};
  request.headers.set("Content-Type", "application/json");
  const auto answer = co_await client_.send(std::move(request));
  const auto count = static_cast<double>(batch.size());
  if (answer && answer->status / 100 == 2) {
    exported.add({}, count);
    co_return;
  }
  dropped.add({"collector"}, count);
  base::log_debug("spans_not_taken",
                  {{"error.message", json::value(answer ? std::to_string(answer->status)
                                                        : answer.error().message)}});
}

}  // namespace app
