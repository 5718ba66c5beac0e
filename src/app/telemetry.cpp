#include "app/telemetry.h"

#include "app/watch.h"

namespace app {

Telemetry::Telemetry(Process& process, db::Database& database, http::Client& client)
    : leases_(database, process.clock, process.id) {
  const Settings& settings = process.settings;
  if (settings.role == "backend" || settings.role == "all-in-one") {
    process.tasks.start("fleet-watch", [&] { return watch_fleet(database, process.clock); });
    process.tasks.start("certificate-watch", [this, &process] {
      return watch_certificate(leases_, process.clock, process.settings.public_url);
    });
  }
  if (settings.otlp_endpoint.empty()) return;
  std::string endpoint = settings.otlp_endpoint;
  while (endpoint.ends_with('/')) endpoint.pop_back();
  exporter_ = std::make_unique<SpanExporter>(
      process.loop.get_executor(), client,
      SpanExporterOptions{.endpoint = std::move(endpoint),
                          .role = settings.role,
                          .process = process.id,
                          .share = static_cast<double>(settings.trace_percent) / 100});
  // Spans of helper threads are handed over on the loop, whose queue it is.
  base::listen_to_spans([this, executor = process.loop.get_executor()](base::TraceSpan span) {
    asio::dispatch(executor,
                   [this, span = std::move(span)]() mutable { exporter_->take(std::move(span)); });
  });
  process.tasks.start("spans", [this] { return exporter_->run(); });
  process.on_end([this] { return exporter_->flush(); });
}

Telemetry::~Telemetry() { base::listen_to_spans({}); }

}  // namespace app
