// Reporter: the half of the automation role that every process of it does: reads its share of the
// sources that live in the present and ships what they bring to the process that counts.
//
// Each reader has a lease and a cursor; what it brings waits here until the next shipment, which
// moves the cursor in the same transaction (shipments.h). So a process may be killed at any moment:
// another one takes the lease after it ran out and reads on from where the shipments end. What
// waits is bounded: a reader is stopped while the database is away. Not thread-safe: one per loop.
#pragma once

#include "trends/lane_work.h"
#include "trends/runner.h"
#include "trends/shipments.h"
#include "trends/tick_summary.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace trends {

struct ReporterOptions {
  std::chrono::milliseconds ship_every{1'000};
  RunnerOptions runner = {};
};

class Reporter {
 public:
  Reporter(io::Executor executor, Shipments& shipments, SourceStore& store, jobs::Leases& leases,
           const base::Clock& clock, SourceContext context, ReporterOptions options);
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

  // Shown every batch on its way; must be quick.
  void on_mentions(std::function<void(const Delivery&)> look) { look_ = std::move(look); }

  // Reads until stop(); once it has begun, it does nothing.
  void start();
  // Ends the readers, ships what they brought and gives their leases back.
  io::Task<> stop();
  void look_soon() { runner_.look_soon(); }

 private:
  // A shipment as long as nobody knows whether it went through.
  struct Parcel {
    TickSummary heard;
    Standing standing;
    std::int64_t number = 0;
    std::int64_t mentions = 0;
    std::optional<std::string> bytes = {};
  };
  struct Waiting {
    TickSummary heard = {};  // since the last parcel
    std::optional<Parcel> parcel = {};
    std::string cursor = {};  // as the database has it
    std::int64_t last_number = -1;
  };

  io::Task<> consume(Delivery delivery);
  io::Task<std::size_t> share(std::size_t wanted);
  io::Task<> settle(std::string part, bool ours);
  io::Task<> ship_loop();
  io::Task<> ship_all();
  io::Task<bool> ship(std::string part);
  io::Task<> pack(std::string part, Waiting& waiting);
  Waiting& waiting_of(const std::string& part);

  io::Executor executor_;
  Shipments& shipments_;
  ReporterOptions options_;
  std::string process_;
  std::function<void(const Delivery&)> look_;
  std::map<std::string, std::unique_ptr<Waiting>> waiting_;
  io::Event shipped_;
  Gate gate_;  // whoever ships
  Runner runner_;
  std::unique_ptr<io::Supervisor> work_;
};

}  // namespace trends
