#include "publishing/worker.h"

#include "base/check.h"
#include "base/log.h"
#include "publishing/chance.h"
#include "publishing/together.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace publishing {

namespace {

using namespace boost::asio::experimental::awaitable_operators;

constexpr std::chrono::milliseconds turn_min{5};  // between two claims that found nothing
constexpr std::size_t lookups_at_once = 100;

WorkerDoors completed(WorkerDoors doors) {
  CHECK(doors.database && doors.clock && doors.accounts && doors.networks && doors.images);
  if (!doors.sleep) doors.sleep = [](base::Duration time) { return io::sleep_for(time); };
  if (!doors.chance) doors.chance = random_chance;
  return doors;
}

}  // namespace

// Puts a target out of hand, however its way ended.
struct Worker::Landing {
  Landing(Worker& worker, FlightPtr landing) : self(worker), flight(std::move(landing)) {}
  ~Landing() {
    flight->turn.reset();
    auto held = self.flights_.find(flight->work.id);
    if (held != self.flights_.end() && held->second == flight) self.flights_.erase(held);
    self.landed_event_.notify();
    // The claim loop may have waited for room.
    if (self.room() == self.room_min()) self.due_event_.notify();
  }
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;

  Worker& self;
  FlightPtr flight;
};

Worker::Worker(io::Executor executor, WorkerDoors doors, WorkerSettings settings)
    : executor_(executor),
      doors_(completed(std::move(doors))),
      settings_(std::move(settings)),
      store_(*doors_.database, *doors_.clock, settings_.owner),
      rests_(*doors_.database, settings_.owner),
      account_turns_(executor, settings_.per_account),
      preparing_turns_(executor, settings_.preparing_max),
      writing_turns_(executor, settings_.sending_max * 4),
      sending_turns_(executor, settings_.sending_max),
      due_event_(executor),
      lookup_event_(executor),
      stop_event_(executor),
      landed_event_(executor),
      supervisor_(executor),
      commits_(executor, supervisor_, store_),
      news_(supervisor_, *doors_.clock, doors_.changed, doors_.sleep),
      budgets_(executor, supervisor_, *doors_.database, *doors_.clock) {
  CHECK(!settings_.owner.empty());
  swept_at_ = now();
}

io::Task<> Worker::run() {
  supervisor_.start("publishing.claim", [this] { return claim_loop(); });
  supervisor_.start("publishing.lookup", [this] { return lookup_loop(); });
  supervisor_.start("publishing.sweep", [this] { return sweep_loop(); });
  supervisor_.start("publishing.renew", [this] { return renew_loop(); });
  co_await supervisor_.join();
}

void Worker::wake() { due_event_.notify(); }

io::Task<> Worker::stop(std::chrono::milliseconds grace) {
  stopping_ = true;
  for (io::Event* event : {&due_event_, &lookup_event_, &stop_event_}) event->notify();
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (!flights_.empty() && std::chrono::steady_clock::now() < deadline) {
    co_await landed_event_.wait_for(deadline - std::chrono::steady_clock::now());
  }
  if (!flights_.empty()) {
    base::log_warn("publish_stop_left_to_lease", {{"targets", flights_.size()}});
  }
  supervisor_.stop();
  co_await supervisor_.join();
}

io::Task<> Worker::pause(base::Duration time, io::Event& or_event) {
  co_await (doors_.sleep(time) || or_event.wait());
}

// Sleeps until something is due within the lead, but looks at least once every poll.
io::Task<> Worker::claim_loop() {
  while (!stopping_) {
    const auto next = co_await store_.next_ready();
    base::Duration wait = settings_.poll;
    if (next && room() >= room_min()) {
      const base::Duration until = *next - settings_.lead - now();
      if (until <= base::Duration{0} && !(co_await take_due()).empty()) continue;
      wait = std::clamp<base::Duration>(until, turn_min, settings_.poll);
    }
    if (!stopping_) co_await pause(wait, due_event_);
  }
}

io::Task<> Worker::lookup_loop() {
  while (!stopping_) {
    const auto next = co_await store_.next_lookup();
    if (next && *next <= now()) co_await take_lookups();
    const base::Duration until = next && *next > now() ? *next - now() : settings_.poll;
    if (!stopping_) {
      co_await pause(std::clamp<base::Duration>(until, turn_min, settings_.poll), lookup_event_);
    }
  }
}

io::Task<> Worker::sweep_loop() {
  while (!stopping_) {
    co_await sweep();
    if (!stopping_) co_await pause(settings_.sweep, stop_event_);
  }
}

io::Task<> Worker::renew_loop() {
  // Goes on while stopping: what is being sent still needs its lease.
  while (true) {
    co_await doors_.sleep(settings_.lease / 3);
    co_await renew();
  }
}

io::Task<> Worker::renew() {
  std::vector<base::TargetId> ids;
  const base::Instant until = lease_end();
  // Most of a burst is done before its leases need another minute.
  const base::Instant fresh = until - settings_.lease / 10;
  for (const auto& [id, flight] : flights_) {
    if (flight->work.lease_until && *flight->work.lease_until < fresh) ids.push_back(id);
  }
  const auto held = co_await store_.renew(ids, until);
  for (const base::TargetId& id : ids) {
    auto flight = flights_.find(id);
    if (flight == flights_.end() || !flight->second->work.lease_until) continue;
    if (held.renewed.contains(id)) {
      flight->second->work.lease_until = until;
    } else if (!held.busy.contains(id)) {
      flight->second->lost = true;
    }
  }
}

io::Task<std::vector<Worker::FlightPtr>> Worker::take_due() {
  std::vector<FlightPtr> taken;
  const std::size_t room = this->room();
  if (room == 0) co_return taken;
  auto works =
      co_await store_.claim(now() + settings_.lead, lease_end(), std::min(settings_.batch, room));
  if (!works.empty()) co_await hear_rests();
  Together together = co_await read_together(works);
  for (Work& work : works) {
    auto flight = take_up(std::move(work));
    together.hand_over(*flight);
    flight->turn =
        account_turns_.enlist(flight->work.account.value, base::to_micros(flight->work.ready_at));
    start(flight, "publishing.target", &Worker::fly);
    taken.push_back(std::move(flight));
  }
  co_return taken;
}

io::Task<std::vector<Worker::FlightPtr>> Worker::take_lookups() {
  std::vector<FlightPtr> taken;
  for (Work& work : co_await store_.claim_lookups(lease_end(), lookups_at_once)) {
    auto flight = take_up(std::move(work));
    start(flight, "publishing.lookup_target", &Worker::look_up);
    taken.push_back(std::move(flight));
  }
  co_return taken;
}

Worker::FlightPtr Worker::take_up(Work work) {
  auto flight = std::make_shared<Flight>(std::move(work));
  identify(*flight);
  // An older flight of the same target lost its lease without knowing.
  FlightPtr& held = flights_[flight->work.id];
  if (held) held->lost = true;
  held = flight;
  return flight;
}

void Worker::start(FlightPtr flight, std::string name, io::Task<> (Worker::*body)(FlightPtr)) {
  auto landing = std::make_shared<Landing>(*this, std::move(flight));
  landing->flight->landing = landing;
  supervisor_.start_once(std::move(name), [this, landing = std::move(landing), body] {
    return (this->*body)(landing->flight);
  });
}

io::Task<> Worker::landed(std::vector<FlightPtr> flights) {
  auto in_air = [this](const FlightPtr& flight) {
    auto held = flights_.find(flight->work.id);
    return held != flights_.end() && held->second == flight;
  };
  while (std::any_of(flights.begin(), flights.end(), in_air)) co_await landed_event_.wait();
}

io::Task<std::size_t> Worker::publish_due() {
  auto flights = co_await take_due();
  const std::size_t count = flights.size();
  co_await landed(std::move(flights));
  co_return count;
}

io::Task<std::size_t> Worker::reconcile_due() {
  auto flights = co_await take_lookups();
  const std::size_t count = flights.size();
  co_await landed(std::move(flights));
  co_return count;
}

}  // namespace publishing
