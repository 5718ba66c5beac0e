// Sends spans to an OpenTelemetry collector: OTLP over HTTP, as JSON.
//
// Never holds up or fails the work: a span is put into a bounded queue or dropped (and counted), a
// batch that the collector does not take is dropped. Sampled by the trace's own number, so that all
// processes keep the same traces; what a caller keeps (traceparent's flag) is kept. One loop.
// Outlives its run(). Debian has no OpenTelemetry for C++, and of OTLP this is all that is needed.
#pragma once

#include "base/spans.h"
#include "http/client.h"
#include "io/task.h"

#include <deque>
#include <string>

namespace app {

struct SpanExporterOptions {
  std::string endpoint;  // of the collector; /v1/traces is put behind it
  std::string role;
  std::string process;
  double share = 1;  // of the traces
  std::size_t queue_max = 4096;
  std::size_t batch_max = 512;
  std::chrono::milliseconds batch_every{2'000};
  std::chrono::milliseconds timeout{5'000};
};

// The body of one export.
std::string to_otlp(const std::deque<base::TraceSpan>& spans, const SpanExporterOptions& options);
// Is a trace of this number among the share that is kept?
bool is_sampled(std::string_view trace_id, double share);

class SpanExporter {
 public:
  SpanExporter(io::Executor executor, http::Client& client, SpanExporterOptions options);

  void take(base::TraceSpan span);
  // Sends until cancelled: one supervised task.
  io::Task<> run();
  // What is left, once, before the end.
  io::Task<> flush();

 private:
  io::Task<> send_batch();

  http::Client& client_;
  const SpanExporterOptions options_;
  std::deque<base::TraceSpan> queue_;
  io::Event full_;
};

}  // namespace app
