#include "trends/service.h"

#include "base/log.h"
#include "base/metrics.h"

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view lease_name = "trends";
constexpr auto look_around = 500ms;
constexpr auto same_trend_within = 24h;
constexpr auto closed_after = std::chrono::days{7};
constexpr auto prune_every = 1h;
constexpr auto shipments_kept = 24h;  // what is older is too late for the detector
constexpr std::chrono::milliseconds ask_for_lease_every = 1s;

metrics::Histogram& detect_delay() {
  static metrics::Histogram histogram{
      "trend_detect_delay_seconds",
      "From the beginning of a rise to its first listing.",
      {30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200}};
  return histogram;
}

metrics::Histogram& rank_duration() {
  static metrics::Histogram histogram{
      "trend_rank_duration_seconds", "Time to score and rank one list.", metrics::latency_bounds()};
  return histogram;
}

metrics::Gauge& counted_mentions() {
  static metrics::Gauge gauge{"trend_counted_mentions",
                              "Mentions that the detector of what happens now has counted, ever."};
  return gauge;
}

// One summary of all; what is damaged is left out.
TickSummary merged(std::vector<Shipment> shipments) {
  TickSummary tick;
  for (const Shipment& shipment : shipments) {
    auto summary = TickSummary::decode(shipment.bytes);
    if (summary) {
      tick.merge(std::move(*summary));
    } else {
      base::log_error("trend_shipment_damaged",
                      {{"part", json::value(shipment.part)},
                       {"number", json::value(shipment.number)},
                       {"error.message", json::value(summary.error().message)}});
    }
  }
  return tick;
}

// Trends that were not listed in the last day are new.
void measure_delay(const LaneWork& lane, const std::vector<Trend>& trends) {
  if (!lane.is_live()) return;
  for (const Trend& trend : trends) {
    if (lane.book.knows(trend)) continue;
    detect_delay().observe(std::max(0.0, base::to_seconds(lane.lane.event_at - trend.since)));
  }
}

}  // namespace

ServiceOptions service_options(const Settings& settings) {
  ServiceOptions options;
  options.default_sources = default_source_types(settings);
  options.tick = settings.tick;
  options.snapshot_every = settings.snapshot_every;
  options.retention = settings.retention;
  options.runner.parts = static_cast<std::size_t>(settings.shards);
  options.source_weights = parse_source_weights(settings.source_weights);
  options.detector.min_authors = static_cast<double>(settings.min_authors);
  return options;
}

Service::Service(io::Executor executor, db::Database& database, jobs::Leases& leases,
                 const base::Clock& clock, const base::Vault& vault, SourceContext context,
                 ServiceOptions options)
    : executor_(executor),
      leases_(leases),
      clock_(clock),
      options_(std::move(options)),
      sources_(database, clock, vault, options_.source_weights),
      trends_(database),
      history_(database),
      shipments_(database, clock),
      reporter_(executor, shipments_, sources_, leases, clock, context,
                {.ship_every = options_.ship_every, .runner = options_.runner}),
      runner_(executor, sources_, leases, clock, std::move(context), options_.runner,
              [this](Delivery delivery) { return consume(std::move(delivery)); },
              {.reads = [](const SourceAbout& about) { return about.separate; }}) {}

Service::~Service() = default;

void Service::on_change(std::function<void()> changed) { changed_ = std::move(changed); }

void Service::on_mentions(std::function<void(const Delivery&)> look) {
  look_ = look;
  reporter_.on_mentions(std::move(look));
}

void Service::look_soon() {
  reporter_.look_soon();
  runner_.look_soon();
}

io::Task<> Service::run() {
  co_await sources_.add_defaults(options_.default_sources);
  reporter_.start();
  for (;;) {
    co_await abandon();  // what an earlier turn, ended by an exception, has left
    lease_ = co_await leases_.acquire(std::string(lease_name), options_.lease_ttl);
    if (lease_) {
      co_await hold();
    } else {
      co_await io::sleep_for(std::min(options_.lease_ttl / 3, ask_for_lease_every));
    }
  }
}

// From taking the lease to losing it.
io::Task<> Service::hold() {
  base::log_info("trends_taken", {{"fence", json::value(lease_->fence)}});
  co_await open_live_lane();
  work_ = std::make_unique<io::Supervisor>(executor_);
  work_->start("sources", [this] { return runner_.run(); });
  work_->start("trend lists", [this] { return refresh_loop(); });
  work_->start("trend snapshots", [this] { return save_loop(); });
  co_await keep_lease();
  base::log_warn("trends_lost");
}

// Returns when the lease is lost or has run out.
io::Task<> Service::keep_lease() {
  for (;;) {
    co_await io::sleep_for(options_.lease_ttl / 3);
    std::string failure;
    try {
      if (!co_await leases_.renew(*lease_, options_.lease_ttl)) co_return;
    } catch (const std::exception& error) {
      if (io::is_cancelled(error)) throw;
      failure = error.what();
    }
    if (failure.empty()) continue;
    base::log_warn("trends_lease_not_renewed", {{"error.message", json::value(failure)}});
    if (clock_.now() >= lease_->until) co_return;
  }
}

io::Task<> Service::end_work() {
  if (!work_) co_return;
  work_->stop();
  co_await work_->join();
  work_.reset();
}

// Drops everything without saving: the lease is not ours (any more).
io::Task<> Service::abandon() {
  co_await end_work();
  co_await runner_.stop();
  co_await runner_.release();
  lanes_.clear();
  counted_.clear();
  lease_.reset();
}

io::Task<> Service::stop() {
  co_await reporter_.stop();
  co_await end_work();
  co_await runner_.stop();
  if (lease_ && clock_.now() < lease_->until) {
    co_await save();
    co_await leases_.release(*lease_);
  }
  co_await abandon();
}

io::Task<> Service::open_live_lane() {
  Lane lane{.name = std::string(live_lane), .at = clock_.now(), .event_at = clock_.now()};
  DetectorOptions detector = options_.detector;
  detector.tick = options_.tick;
  auto work = std::make_shared<LaneWork>(executor_, lane, "", detector);
  if (!co_await trends_.open_lane(lane, lease_->fence, false)) {
    throw base::Unavailable("the lease of the trends was taken by another process");
  }
  co_await restore(work);
  lanes_[lane.name] = std::move(work);
}

io::Task<> Service::restore(LanePointer lane) {
  lane->book = co_await trends_.known(lane->lane.name, clock_.now() - same_trend_within);
  const auto bytes = co_await trends_.load_snapshot(lane->lane.name);
  if (!bytes) co_return;
  const auto restored = co_await io::offload([&lane, &bytes] { return lane->restore(*bytes); });
  if (restored) {
    base::log_info("trends_restored",
                   {{"lane", json::value(lane->lane.name)}, {"bytes", json::value(bytes->size())}});
  } else {
    base::log_warn("trends_not_restored",
                   {{"lane", json::value(lane->lane.name)},
                    {"error.message", json::value(restored.error().message)}});
  }
}

io::Task<Service::LanePointer> Service::lane_for(const Delivery& delivery) {
  const std::string& name = delivery.source;
  if (const auto found = lanes_.find(name); found != lanes_.end()) {
    const bool anew = delivery.generated && found->second->run != delivery.run;
    if (!anew) co_return found->second;
  }
  // An invented stream begins again from nothing; a recording goes on.
  Lane lane{.name = name,
            .source = delivery.type,
            .generated = delivery.generated,
            .at = clock_.now(),
            .event_at = delivery.mentions.empty() ? clock_.now() : delivery.mentions.front().at};
  auto work = std::make_shared<LaneWork>(executor_, lane, delivery.run, options_.detector);
  if (!co_await trends_.open_lane(lane, lease_->fence, delivery.generated)) {
    throw base::Unavailable("the lease of the trends was lost");
  }
  if (!delivery.generated) co_await restore(work);
  lanes_[name] = work;
  co_return work;
}

io::Task<> Service::consume(Delivery delivery) {
  if (!lease_) throw base::Unavailable("the lease of the trends was lost");
  const LanePointer lane = co_await lane_for(delivery);
  const auto pass = co_await lane->gate.enter();
  if (look_) look_(delivery);
  thin(delivery.mentions, delivery.weight);
  co_await io::offload(
      [&lane, &delivery] { lane->feed_in_own_time(delivery.type, std::move(delivery.mentions)); });
  delivery.counted();
}

bool Service::due(const LaneWork& lane) const {
  const auto since = clock_.now() - lane.ranked_at;
  if (lane.is_live()) return since >= options_.tick;
  return lane.changed && since >= options_.separate_every;
}

io::Task<> Service::refresh_loop() {
  for (;;) {
    std::vector<LanePointer> lanes;
    for (const auto& [name, lane] : lanes_) lanes.push_back(lane);
    for (const LanePointer& lane : lanes) {
      if (due(*lane)) co_await refresh(lane);
    }
    co_await drop_ended_lanes();
    if (clock_.now() - pruned_at_ > prune_every) {
      while (co_await history_.close(clock_.now() - closed_after) > 0) {
      }
      co_await trends_.prune(clock_.now() - options_.retention);
      if (const auto lost = co_await shipments_.prune(clock_.now() - shipments_kept); lost > 0) {
        base::log_warn("trend_shipments_too_late", {{"shipments", json::value(lost)}});
      }
      pruned_at_ = clock_.now();
    }
    co_await io::sleep_for(look_around);
  }
}

// What all processes have shipped since the last time.
io::Task<> Service::count_shipments(LanePointer lane) {
  for (bool more = true; more;) {
    auto arrived = co_await shipments_.after(counted_);
    more = arrived.more;
    if (arrived.shipments.empty()) co_return;
    Shipments::Positions counted = counted_;
    for (const Shipment& shipment : arrived.shipments) counted[shipment.part] = shipment.number;
    const auto pass = co_await lane->gate.enter();
    co_await io::offload([&, now = clock_.now()] {
      TickSummary tick = merged(std::move(arrived.shipments));
      for (const auto& post : tick.gone()) lane->gone.push_back({post.source, post.id});
      lane->feed(tick, now);
    });
    counted_ = std::move(counted);
  }
}

io::Task<> Service::refresh(LanePointer lane) {
  if (lane->is_live()) co_await count_shipments(lane);
  const auto started = std::chrono::steady_clock::now();
  std::vector<Trend> list;
  Lane as_of;
  {
    const auto pass = co_await lane->gate.enter();
    const auto now = clock_.now();
    list = co_await io::offload([&] { return lane->rank(now, options_.listed); });
    as_of = lane->lane;
    if (lane->is_live()) counted_mentions().set(static_cast<double>(lane->counted()));
  }
  rank_duration().observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
  lane->book.forget(as_of.at - same_trend_within);
  measure_delay(*lane, list);
  if (!co_await trends_.write(as_of, lease_->fence, std::move(list), lane->book)) {
    throw base::Unavailable("the lease of the trends was taken by another process");
  }
  // Only now: this list was made without them, so no later write brings them back.
  co_await history_.take_back(std::exchange(lane->gone, {}));
  if (changed_) changed_();
}

// The detector of a source that was switched off gives its memory back.
io::Task<> Service::drop_ended_lanes() {
  std::vector<LanePointer> ended;
  for (const auto& [name, lane] : lanes_) {
    if (!lane->is_live() && !runner_.reads(name)) ended.push_back(lane);
  }
  for (const LanePointer& lane : ended) {
    if (!lane->lane.generated) co_await save_lane(lane);
    lanes_.erase(lane->lane.name);
    if (changed_) changed_();
  }
}

io::Task<> Service::save_loop() {
  for (;;) {
    co_await io::sleep_for(options_.snapshot_every);
    co_await save();
  }
}

io::Task<> Service::save() {
  std::vector<LanePointer> lanes;
  for (const auto& [name, lane] : lanes_) {
    if (!lane->lane.generated) lanes.push_back(lane);
  }
  for (const LanePointer& lane : lanes) {
    if (!co_await save_lane(lane)) co_return;
  }
}

// The detector's state and what it has counted (or where its reader stands) are taken at one
// moment: nobody feeds while the gate is held.
io::Task<bool> Service::save_lane(LanePointer lane) {
  std::string bytes;
  std::vector<Standing> standings;
  Shipments::Positions counted;
  {
    const auto pass = co_await lane->gate.enter();
    bytes = co_await io::offload([&lane] { return lane->snapshot(); });
    if (lane->is_live()) counted = counted_;
    for (Standing& standing : runner_.standings()) {
      if (standing.source == lane->lane.name) standings.push_back(std::move(standing));
    }
  }
  const bool ours = co_await trends_.save_snapshot(lane->lane.name, lease_->fence, std::move(bytes),
                                                   std::move(standings), std::move(counted),
                                                   sources_, clock_.now());
  if (!ours) base::log_warn("trend_snapshot_refused", {{"lane", json::value(lane->lane.name)}});
  co_return ours;
}

}  // namespace trends
