// Service: what the automation role does about trends: readers -> detectors -> ranked lists in the
// database.
//
// Every process reads its share of the sources and ships what they bring (reporter.h). One process
// of the fleet holds the lease of the trends and counts: it restores the detectors from the
// database, feeds them what was shipped, makes a list per tick, and saves the detectors' state in
// the transaction that removes what it holds, so that after a crash every mention is counted
// exactly once by the detector that is restored. A tick's mentions are fed in an order that depends
// on nothing but themselves, so the list is the same however many processes read. When the lease is
// lost everything is dropped and nothing more is written; the next holder restores. Sources that
// run in a time of their own (a recording, the demonstration) are read by the holder, each into a
// detector of its own: invented and real posts never mix.
//
//   trends::Service service(executor, database, leases, clock, vault, context, options);
//   supervisor.start("trends", [&] { return service.run(); });
//   ...
//   supervisor.stop(); co_await supervisor.join(); co_await service.stop();
//
// Not thread-safe: one per loop.
#pragma once

#include "base/crypto.h"
#include "jobs/leases.h"
#include "trends/history.h"
#include "trends/lane_work.h"
#include "trends/reporter.h"
#include "trends/runner.h"
#include "trends/settings.h"
#include "trends/trend_store.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace trends {

struct ServiceOptions {
  std::vector<std::string> default_sources = {};
  SourceWeights source_weights = {};
  base::Duration tick = std::chrono::seconds{60};
  std::chrono::milliseconds snapshot_every{300'000};
  std::chrono::milliseconds lease_ttl{15'000};
  std::chrono::milliseconds retention = std::chrono::days{365};
  std::chrono::milliseconds separate_every{2'000};  // how often a separate lane's list is written
  std::chrono::milliseconds ship_every{1'000};
  std::size_t listed = 100;
  RunnerOptions runner = {};
  DetectorOptions detector = {};
};

ServiceOptions service_options(const Settings& settings);

class Service {
 public:
  Service(io::Executor executor, db::Database& database, jobs::Leases& leases,
          const base::Clock& clock, const base::Vault& vault, SourceContext context,
          ServiceOptions options);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Called when a list was written: lets a board of the same process look at once.
  void on_change(std::function<void()> changed);

  // Shown every batch on its way to the detector; must be quick.
  void on_mentions(std::function<void(const Delivery&)> look);

  // Until cancelled. After that, stop() puts everything away.
  io::Task<> run();
  // Ends the readers, saves the detectors and gives the leases back. Also fine when nothing runs.
  io::Task<> stop();

  // For a source that was changed by this process: no need to wait for the next look.
  void look_soon();
  // This process holds the lease of the trends.
  bool is_holder() const { return lease_.has_value(); }

  // Saves all detectors and where the readers stand; run() does it every snapshot_every.
  io::Task<> save();

 private:
  using LanePointer = std::shared_ptr<LaneWork>;

  io::Task<> hold();
  io::Task<> keep_lease();
  io::Task<> open_live_lane();
  io::Task<> refresh_loop();
  io::Task<> save_loop();
  io::Task<> refresh(LanePointer lane);
  io::Task<> count_shipments(LanePointer lane);
  io::Task<> drop_ended_lanes();
  io::Task<bool> save_lane(LanePointer lane);
  io::Task<> consume(Delivery delivery);
  io::Task<LanePointer> lane_for(const Delivery& delivery);
  io::Task<> restore(LanePointer lane);
  io::Task<> abandon();
  io::Task<> end_work();
  bool due(const LaneWork& lane) const;

  io::Executor executor_;
  jobs::Leases& leases_;
  const base::Clock& clock_;
  ServiceOptions options_;
  SourceStore sources_;
  TrendStore trends_;
  History history_;
  Shipments shipments_;
  Reporter reporter_;
  Runner runner_;  // of sources in a time of their own
  Shipments::Positions counted_;
  std::function<void()> changed_;
  std::function<void(const Delivery&)> look_;
  std::optional<jobs::Lease> lease_;
  std::map<std::string, LanePointer> lanes_;
  std::unique_ptr<io::Supervisor> work_;
  base::Instant pruned_at_ = {};
};

}  // namespace trends
