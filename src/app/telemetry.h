// What a process tells of itself beyond its own numbers: its spans to a collector, and (a backend)
// the state of the fleet and of the public certificate. Lives as long as the process's doors.
#pragma once

#include "app/process.h"
#include "app/span_exporter.h"
#include "jobs/leases.h"

#include <memory>

namespace app {

class Telemetry {
 public:
  // Starts its tasks; `client` may reach private addresses, for a collector often has one.
  Telemetry(Process& process, db::Database& database, http::Client& client);
  ~Telemetry();
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;

 private:
  jobs::Leases leases_;
  std::unique_ptr<SpanExporter> exporter_;  // null: no collector is named
};

}  // namespace app
