#include "trends/reporter.h"

#include "base/id.h"
#include "base/log.h"
#include "base/metrics.h"

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t waiting_max = 50'000;  // mentions of a part before its reader is stopped

metrics::Counter& shipped_total() {
  static metrics::Counter counter{"trend_shipped_mentions_total",
                                  "Mentions written for the process that counts."};
  return counter;
}

bool lives_in_the_present(const SourceAbout& about) { return !about.separate; }

}  // namespace

Reporter::Reporter(io::Executor executor, Shipments& shipments, SourceStore& store,
                   jobs::Leases& leases, const base::Clock& clock, SourceContext context,
                   ReporterOptions options)
    : executor_(executor),
      shipments_(shipments),
      options_(std::move(options)),
      process_(base::make_uuid7()),
      shipped_(executor),
      gate_(executor),
      runner_(executor, store, leases, clock, std::move(context), options_.runner,
              [this](Delivery delivery) { return consume(std::move(delivery)); },
              {.reads = lives_in_the_present,
               .share = [this](std::size_t wanted) { return share(wanted); },
               .settle = [this](std::string part,
                                bool ours) { return settle(std::move(part), ours); }}) {}

void Reporter::start() {
  if (work_) return;
  work_ = std::make_unique<io::Supervisor>(executor_);
  work_->start("sources", [this] { return runner_.run(); });
  work_->start("shipments", [this] { return ship_loop(); });
}

io::Task<> Reporter::stop() {
  if (!work_) co_return;
  work_->stop();
  co_await work_->join();
  work_.reset();
  co_await runner_.stop();
  waiting_.clear();
  co_await runner_.release();
  co_await shipments_.leave(process_);
}

// An even part of what is to be read, rounded up, so that nothing is left over.
io::Task<std::size_t> Reporter::share(std::size_t wanted) {
  const std::size_t processes = std::max<std::size_t>(1, co_await shipments_.beat(process_));
  co_return (wanted + processes - 1) / processes;
}

Reporter::Waiting& Reporter::waiting_of(const std::string& part) {
  std::unique_ptr<Waiting>& place = waiting_[part];
  if (!place) place = std::make_unique<Waiting>();
  return *place;
}

io::Task<> Reporter::consume(Delivery delivery) {
  Waiting& waiting = waiting_of(delivery.source);  // stays until its reader has ended
  while (waiting.heard.size() >= waiting_max) co_await shipped_.wait_for(1s);
  if (look_) look_(delivery);
  thin(delivery.mentions, delivery.weight);
  waiting.heard.add(delivery.type, delivery.mentions);
  waiting.heard.take_back(delivery.type, delivery.gone);
  delivery.counted();
}

io::Task<> Reporter::ship_loop() {
  for (;;) {
    co_await io::sleep_for(options_.ship_every);
    std::string failure;
    try {
      co_await ship_all();
    } catch (const std::exception& error) {
      if (io::is_cancelled(error)) throw;
      failure = error.what();
    }
    if (failure.empty()) continue;
    base::log_warn("trend_shipments_wait", {{"error.message", json::value(failure)}});
  }
}

io::Task<> Reporter::ship_all() {
  for (const Standing& standing : runner_.standings()) {
    const auto pass = co_await gate_.enter();
    co_await ship(standing.source);
  }
  shipped_.notify();
}

// Takes what waits and where its reader stands at one moment.
io::Task<> Reporter::pack(std::string part, Waiting& waiting) {
  if (waiting.last_number < 0) waiting.last_number = co_await shipments_.last_number(part);
  const auto standing = runner_.standing(part);
  if (!standing) co_return;  // ended meanwhile
  if (waiting.heard.empty() && standing->cursor == waiting.cursor) co_return;
  waiting.parcel = Parcel{.heard = std::exchange(waiting.heard, TickSummary()),
                          .standing = *standing,
                          .number = waiting.last_number + 1};
  const TickSummary& heard = waiting.parcel->heard;
  waiting.parcel->mentions = static_cast<std::int64_t>(heard.size() + heard.gone().size());
}

// False when the part is another's by now. One at a time: under the gate.
io::Task<bool> Reporter::ship(std::string part) {
  Waiting& waiting = waiting_of(part);
  if (!waiting.parcel) co_await pack(part, waiting);
  if (!waiting.parcel) co_return true;
  Parcel& parcel = *waiting.parcel;
  if (!parcel.bytes) {
    parcel.bytes = co_await io::offload([&parcel] { return parcel.heard.encode(); });
  }
  const bool ours = co_await shipments_.ship(
      {.part = part, .number = parcel.number, .mentions = parcel.mentions, .bytes = *parcel.bytes},
      parcel.standing);
  if (!ours) {
    base::log_warn("trend_shipment_refused", {{"part", json::value(part)}});
    co_return false;
  }
  if (parcel.mentions > 0) waiting.last_number = parcel.number;
  shipped_total().add({}, static_cast<double>(parcel.mentions));
  waiting.cursor = parcel.standing.cursor;
  waiting.parcel.reset();
  co_return true;
}

// The reader has ended. What cannot be shipped now is read again, from the cursor.
io::Task<> Reporter::settle(std::string part, bool ours) {
  const auto pass = co_await gate_.enter();
  std::string failure;
  try {
    // What was on its way first, then what came since.
    for (int turn = 0; ours && turn < 2; ++turn) ours = co_await ship(part);
  } catch (const std::exception& error) {
    if (io::is_cancelled(error)) throw;
    failure = error.what();
  }
  if (!failure.empty()) {
    base::log_warn("trend_shipment_failed",
                   {{"part", json::value(part)}, {"error.message", json::value(failure)}});
  }
  waiting_.erase(part);
}

}  // namespace trends
