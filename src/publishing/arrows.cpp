// How the worker carries out what the machine says: guarded, committed, told.
#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "publishing/guarded.h"
#include "publishing/worker.h"

namespace publishing {

namespace {

metrics::Counter outcomes{"publishing_outcomes_total",
                          "Answers and findings of networks, by what they meant for the target.",
                          {"network", "outcome"}};

constexpr std::chrono::milliseconds again_min{100};
constexpr std::chrono::milliseconds again_max{2'000};

bool keeps_lease(TargetState state) {
  return state == TargetState::claimed || state == TargetState::sending;
}

}  // namespace

void Worker::identify(Flight& flight) const {
  flight.network = doors_.networks(flight.work.network);
  if (flight.network) flight.retry = flight.network->about().retry;
}

Context Worker::context_of(const Flight& flight) const {
  const Work& work = flight.work;
  return {
      .now = now(),
      .due_at = work.due_at,
      .network = flight.network ? flight.network->about().label : work.network,
      .retry = flight.retry,
      .too_late = work.too_late.policy,
      .retry_count = work.retry_count,
      .lookup_count = work.lookup_count,
      .unclear_count = work.unclear_count,
      .sent_at = work.sent_at,
      .waiting_since = work.waiting_since,
      .chance = doors_.chance(),
      .patience = settings_.patience,
  };
}

Change Worker::change_of(const Flight& flight, const Event& event) const {
  auto next = step(flight.work.state, event, context_of(flight));
  CHECK(next.has_value());
  Change change{.work = flight.work, .next = std::move(*next)};
  if (keeps_lease(change.next.state)) change.lease_until = flight.work.lease_until;
  return change;
}

io::Task<bool> Worker::move(FlightPtr flight, Event event) {
  const auto change = std::make_shared<const Change>(change_of(*flight, event));
  if (!co_await commits_.apply(change)) co_return false;
  made(*flight, *change);
  co_return true;
}

// Thousands may wait for their commits at once: they share what they wait for.
io::Task<bool> Worker::move_surely(FlightPtr flight, std::shared_ptr<const Change> change,
                                   bool in_doubt) {
  auto wait = again_min;
  while (true) {
    auto done = co_await guarded(commits_.apply(change));
    if (done && (*done || !in_doubt)) {
      if (*done) made(*flight, *change);
      co_return *done;
    }
    if (done) {
      // A commit before this one threw, and may have happened all the same.
      auto happened = co_await guarded(store_.has_happened(*change));
      if (happened) {
        if (*happened) made(*flight, *change);
        co_return *happened;
      }
    }
    in_doubt = true;
    if (!flight->work.lease_until || now() >= *flight->work.lease_until) {
      base::log_warn("publish_not_recorded",
                     {{"target.id", flight->work.id.value},
                      {"target.state", posts::to_string(change->next.state)},
                      {"reason", "the database does not take it"}});
      co_return false;
    }
    co_await doors_.sleep(wait);
    wait = std::min(wait * 2, again_max);
  }
}

void Worker::made(Flight& flight, const Change& change) {
  flight.work.state = change.next.state;
  flight.work.lease_until = change.lease_until;
  if (change.attempt) flight.work.attempt = change.attempt->id;
  if (change.next.uncertain) ++flight.work.unclear_count;
  if (!change.next.outcome.empty() || change.work.state == TargetState::unknown) {
    outcomes.add({flight.work.network, change.next.event});
  }
  news_.changed(flight.work.workspace, flight.work.post, flight.work.id);
}

}  // namespace publishing
