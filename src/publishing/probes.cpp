// What networks can bear at the moment: rests that all workers share, and the one target that tries
// a network after its rest.
#include "base/log.h"
#include "publishing/guarded.h"
#include "publishing/worker.h"

namespace publishing {

std::optional<Breakers::Rest> Worker::rest_of(const Flight& flight, base::Instant at) const {
  const std::string& label = flight.network->about().label;
  auto rest = breakers_.account_rest(flight.work.account, label, at);
  if (rest || flight.probes) return rest;
  return breakers_.network_rest(flight.work.network, label, at);
}

io::Task<bool> Worker::passes_breaker(FlightPtr flight) {
  co_await take_probe(flight);
  auto rest = rest_of(*flight, now());
  if (!rest) co_return true;
  co_await move(flight, event::Held{.until = rest->until, .reason = rest->reason});
  co_return false;
}

// Whoever does not get it finds the network resting, or well, afterwards.
io::Task<> Worker::take_probe(FlightPtr flight) {
  if (flight->probes) co_return;
  const auto probe = breakers_.probe(flight->work.network, now());
  flight->probes = probe == Breakers::Probe::granted;
  if (probe != Breakers::Probe::ask_others) co_return;
  const base::Instant until = now() + settings_.publish_max + settings_.skew;
  auto taken = co_await guarded(rests_.take_probe(flight->work.network, now(), until));
  flight->probes = taken && *taken;
  if (taken && !*taken) co_await guarded(hear_rests());
}

io::Task<> Worker::give_probe_back(FlightPtr flight) {
  if (!std::exchange(flight->probes, false)) co_return;
  breakers_.probe_ended(flight->work.network);
  auto given = co_await guarded(rests_.give_probe_back(flight->work.network));
  if (!given) {
    base::log_warn("publish_probe_not_given_back",
                   {{"network", flight->work.network}, {"error.message", given.error()}});
  }
}

io::Task<> Worker::hear_rests() {
  const base::Instant asked_at = now();
  for (const AccountRest& rest : co_await rests_.known(asked_at)) {
    breakers_.rest_account(rest.account, rest.until);
  }
  breakers_.see(co_await rests_.networks(), asked_at);
}

Breakers::Lesson Worker::lesson_of(Flight& flight, const networks::Outcome& outcome) {
  flight.probes = false;
  return breakers_.learn(flight.work.network, flight.work.account, outcome, now());
}

io::Task<> Worker::share(FlightPtr flight, Breakers::Lesson lesson, networks::Outcome outcome) {
  const Work& work = flight->work;
  const auto* later = std::get_if<networks::RetryLater>(&outcome);
  if (later != nullptr && later->after.count() > 0) {
    auto told = co_await guarded(
        rests_.learn(AccountRest{.account = work.account, .until = now() + later->after}));
    if (!told) {
      base::log_warn("publish_rest_not_shared",
                     {{"account.id", work.account.value}, {"error.message", told.error()}});
    }
  }
  std::expected<void, std::string> told;
  if (const auto* rest = std::get_if<NetworkRest>(&lesson)) {
    base::log_warn("publish_network_rests",
                   {{"network", work.network}, {"seconds", base::to_seconds(rest->until - now())}});
    told = co_await guarded(rests_.learn(*rest));
    if (!told) breakers_.keep_to_oneself(work.network);
  } else if (std::holds_alternative<Breakers::NetworkIsWell>(lesson)) {
    base::log_info("publish_network_is_well", {{"network", work.network}});
    told = co_await guarded(rests_.end(work.network));
  }
  if (!told) {
    base::log_warn("publish_rest_not_shared",
                   {{"network", work.network}, {"error.message", told.error()}});
  }
}

}  // namespace publishing
