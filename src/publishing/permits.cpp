// What holds a target up or lets it go: its lease, the rests and the budgets of its account.
#include "base/log.h"
#include "posts/quotas.h"
#include "publishing/guarded.h"
#include "publishing/worker.h"

#include <fmt/format.h>

namespace publishing {

// Owns what it needs: it may be asked when the flight is over.
Permit Worker::permit_of(FlightPtr flight) const {
  return [flight, clock = doors_.clock, skew = settings_.skew] {
    const auto& until = flight->work.lease_until;
    const bool in_time =
        !flight->units_taken || clock->now() <= flight->units_at + Budgets::in_time;
    return in_time && !flight->lost && until && clock->now() + skew < *until;
  };
}

// More than the network ever allows at once.
std::optional<networks::Rejected> Worker::never_fits(const Flight& flight) const {
  for (const networks::Budget& budget : flight.network->budgets(flight.account)) {
    if (budget.cost * flight.posts <= budget.units) continue;
    return networks::Rejected{
        .code = "budget",
        .reason =
            fmt::format("{}, and this is {} in one go",
                        posts::in_words(flight.network->about().label, budget), flight.posts)};
  }
  return std::nullopt;
}

// Before the attempt is written down, under its id: whoever finds units without an attempt knows
// that nothing was sent with them.
io::Task<bool> Worker::take_units(FlightPtr flight, base::AttemptId attempt) {
  auto budgets = flight->network->budgets(flight->account);
  if (budgets.empty()) co_return true;
  const Work& work = flight->work;
  if (work.whole && work.attempt) {
    if (auto text = co_await store_.text(work)) {
      flight->posts = static_cast<std::int64_t>(text->parts.size());
    }
  }
  // Taken anew while sending, it fitted before; if its account has changed, it is refused next
  // time.
  auto never = work.state == TargetState::claimed ? never_fits(*flight) : std::nullopt;
  if (never) {
    co_await move(flight, event::CouldNotPrepare{std::move(*never)});
    co_return false;
  }
  flight->units_at = std::max({work.ready_at, work.due_at, now()});
  const auto full = co_await budgets_.take({.attempt = attempt,
                                            .target = work.id,
                                            .account = work.account,
                                            .at = flight->units_at,
                                            .posts = flight->posts,
                                            .budgets = std::move(budgets)});
  if (!full) {
    flight->units_taken = std::move(attempt);
    co_return true;
  }
  co_await move(
      flight, event::Held{.until = full->until,
                          .reason = posts::in_words(flight->network->about().label, full->budget) +
                                    ", and this account has used them up."});
  co_return false;
}

// Whoever comes later than it said takes them anew, or waits.
io::Task<bool> Worker::keep_units(FlightPtr flight) {
  if (!flight->units_taken || now() <= flight->units_at + Budgets::in_time / 2) co_return true;
  co_return co_await take_units(flight, *std::exchange(flight->units_taken, std::nullopt));
}

// Surely nothing was sent with them. What cannot be given back now is when the target is taken up
// again.
io::Task<> Worker::give_units_back(FlightPtr flight) {
  if (!flight->units_taken) co_return;
  const base::AttemptId attempt = *std::exchange(flight->units_taken, std::nullopt);
  auto given = co_await guarded(budgets_.give_back(attempt));
  if (!given) {
    base::log_warn("publish_units_not_given_back",
                   {{"target.id", flight->work.id.value}, {"error.message", given.error()}});
  }
}

io::Task<networks::Outcome> Worker::judged(FlightPtr flight, networks::Outcome outcome) {
  if (!std::holds_alternative<networks::AccountBroken>(outcome)) co_return outcome;
  auto moved_on = co_await guarded(
      doors_.accounts->has_moved_on(flight->work.account, flight->account_version));
  if (!moved_on || !*moved_on) co_return outcome;
  co_return networks::RetryLater{.reason = "the account has just been renewed"};
}

}  // namespace publishing
