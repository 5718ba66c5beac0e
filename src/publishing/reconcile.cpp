// The way out of unknown, and the sweeper that is always on.
#include "base/log.h"
#include "base/metrics.h"
#include "publishing/found_posts.h"
#include "publishing/guarded.h"
#include "publishing/worker.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

namespace publishing {

namespace {

using namespace boost::asio::experimental::awaitable_operators;

metrics::Gauge due{"targets_due", "Targets that are due and not finished, by state.", {"state"}};
metrics::Gauge overdue{"publishing_oldest_due_seconds",
                       "How long the oldest target without a worker has been waiting."};

constexpr std::size_t sweep_batch = 500;
constexpr std::size_t paused_at_once = 100;
constexpr std::chrono::minutes forget_every{1};
constexpr std::chrono::seconds stalled_after{30};
constexpr std::chrono::minutes overdue_after{2};

bool is_not_there(const Event& answer) {
  const auto* looked = std::get_if<event::LookedUp>(&answer);
  return looked != nullptr && std::holds_alternative<networks::NotThere>(looked->found);
}

}  // namespace

io::Task<> Worker::look_up(FlightPtr flight) {
  const Event answer = co_await ask_network(flight);
  Change change = change_of(*flight, answer);
  if (const auto* looked = std::get_if<event::LookedUp>(&answer)) {
    if (const auto* found = std::get_if<networks::Published>(&looked->found)) {
      change.published = *found;
      change.details = {{"remote_id", found->remote_id}, {"url", found->url}};
    }
  }
  const auto looked_up = flight->work.attempt;
  if (!co_await commits_.apply(std::make_shared<const Change>(change))) co_return;
  made(*flight, change);
  if (flight->work.state == TargetState::scheduled) {
    // The network never had what those units were taken for.
    if (is_not_there(answer)) flight->units_taken = looked_up;
    co_await give_units_back(flight);
    due_event_.notify();
  }
  if (flight->work.state == TargetState::published && !flight->work.whole) due_event_.notify();
}

io::Task<Event> Worker::ask_network(FlightPtr flight) {
  const Work& work = flight->work;
  if (!flight->network || !work.attempt) {
    co_return event::LookedUp{networks::CannotKnow{.reason = "there is no way to ask"}};
  }
  auto opened = co_await doors_.accounts->open(work.workspace, work.account);
  if (!opened) {
    co_return event::LookedUp{
        networks::CannotKnow{.reason = "the account is not connected any more"}};
  }
  flight->account = std::move(opened->account);
  flight->retry = flight->network->retry_class(flight->account);
  if (flight->retry == networks::RetryClass::blind) {
    co_return event::LookedUp{networks::CannotKnow{}};
  }
  if (opened->state == accounts::AccountState::broken) {
    co_return event::CannotLook{"the account must be connected again"};
  }
  networks::Frozen frozen{.payload = co_await store_.frozen(*work.attempt)};
  const base::Instant asked_at = now();
  OtherTargets others(*doors_.database, work.id);
  networks::Context context = doors_.context;
  context.others = &others;
  auto result =
      co_await (guarded(flight->network->find(context, flight->account, std::move(frozen))) ||
                doors_.sleep(settings_.lookup_max));
  if (result.index() == 1) {
    co_return event::LookedUp{networks::CannotKnow{.reason = "no answer", .try_again = true}};
  }
  auto& found = std::get<0>(result);
  if (found) {
    co_return event::LookedUp{.found = co_await own_of(flight, std::move(*found)),
                              .asked_at = asked_at};
  }
  base::log_error(
      "publish_lookup_threw",
      {{"target.id", work.id.value}, {"network", work.network}, {"error.message", found.error()}});
  co_return event::LookedUp{networks::CannotKnow{.reason = "no answer", .try_again = true}};
}

// Of several that say the same, only one has what was found.
io::Task<networks::Found> Worker::own_of(FlightPtr flight, networks::Found found) {
  const auto* there = std::get_if<networks::Published>(&found);
  const bool by_words = flight->retry == networks::RetryClass::safe_by_lookup;
  if (there == nullptr || there->remote_id.empty() || !by_words) co_return found;
  FoundPosts posts(*doors_.database);
  const Finder finder{.target = flight->work.id, .fence = flight->work.fence};
  if (co_await posts.claim(finder, there->remote_id, now())) co_return found;
  co_return networks::CannotKnow{
      .reason = "what is there with these words may be another post of yours", .try_again = true};
}

io::Task<std::size_t> Worker::sweep() {
  const std::size_t swept = co_await sweep_leases() + co_await sweep_accounts();
  co_await sweep_memory();
  co_await hear_rests();
  const Backlog backlog = co_await store_.backlog(now());
  backlog_ = backlog;
  swept_at_ = now();
  const auto show = [](std::string_view state, std::int64_t count) {
    due.set({state}, static_cast<double>(count));
  };
  show("scheduled", backlog.waiting);
  show("claimed", backlog.claimed);
  show("sending", backlog.sending);
  show("unknown", backlog.unknown);
  show("paused", backlog.paused);
  show("needs_decision", backlog.needs_decision);
  overdue.set(backlog.oldest ? base::to_seconds(now() - *backlog.oldest) : 0);
  co_return swept;
}

Worker::Standing Worker::standing() const {
  const base::Duration silent = now() - swept_at_;
  if (silent > stalled_after + settings_.sweep) {
    return {.ok = false,
            .message = fmt::format("has not got round to its work for {}", in_words(silent))};
  }
  if (!backlog_.oldest || now() - *backlog_.oldest < overdue_after) return {};
  const bool busy = flights_.size() >= settings_.held_max / 2;
  return {.ok = busy,
          .message = fmt::format("{} targets are due and wait for a worker, the first "
                                 "of them for {}",
                                 backlog_.waiting, in_words(now() - *backlog_.oldest))};
}

// What a dead worker held: nothing was sent of what was only claimed; the rest is unknown.
io::Task<std::size_t> Worker::sweep_leases() {
  const base::Instant before = now() - settings_.skew;
  std::size_t swept = 0;
  std::vector<Work> works = co_await store_.expired(before, sweep_batch);
  std::vector<Change> changes;
  std::vector<FlightPtr> flights;
  for (Work& work : works) {
    auto flight = std::make_shared<Flight>(std::move(work));
    identify(*flight);
    changes.push_back(change_of(*flight, event::LeaseRanOut{}));
    changes.back().lease_until.reset();
    changes.back().expired_before = before;
    flights.push_back(std::move(flight));
  }
  constexpr std::size_t at_once = Commits::batch_max;
  for (std::size_t first = 0; first < changes.size(); first += at_once) {
    const std::size_t end = std::min(changes.size(), first + at_once);
    const std::vector<Change> batch(changes.begin() + static_cast<std::ptrdiff_t>(first),
                                    changes.begin() + static_cast<std::ptrdiff_t>(end));
    const auto results = co_await store_.apply(batch);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (!results[i]) continue;
      ++swept;
      made(*flights[first + i], batch[i]);
      base::log_warn("publish_lease_ran_out",
                     {{"target.id", batch[i].work.id.value},
                      {"was", posts::to_string(batch[i].work.state)},
                      {"target.state", posts::to_string(batch[i].next.state)}});
    }
  }
  if (swept > 0) {
    due_event_.notify();
    lookup_event_.notify();
  }
  co_return swept;
}

// What no longer counts is removed: rests and uses of budgets that are over.
io::Task<> Worker::sweep_memory() {
  if (now() < forgotten_at_ + forget_every) co_return;
  forgotten_at_ = now();
  breakers_.forget(now());
  co_await rests_.forget(now());
  co_await budgets_.forget(now());
}

// A pause does not outlast the post's own patience.
io::Task<std::size_t> Worker::sweep_overdue() {
  std::size_t swept = 0;
  for (Work& work : co_await store_.paused_too_late(now(), sweep_batch)) {
    auto flight = std::make_shared<Flight>(std::move(work));
    identify(*flight);
    if (co_await move(flight, event::CameTooLate{})) ++swept;
  }
  co_return swept;
}

// Accounts that are connected again take their waiting targets along.
io::Task<std::size_t> Worker::sweep_accounts() {
  std::size_t swept = 0;
  swept += co_await sweep_overdue();
  // In rounds: accounts that stay as they are do not hide those that come after them.
  const auto accounts = co_await store_.paused_accounts(paused_after_, paused_at_once);
  paused_after_ = accounts.size() < paused_at_once ? base::AccountId{} : accounts.back().account;
  for (const PausedAccount& paused : accounts) {
    auto opened = co_await doors_.accounts->open(paused.workspace, paused.account);
    if (opened && opened->state != accounts::AccountState::connected) continue;
    for (Work& work : co_await store_.paused_targets(paused.account, sweep_batch)) {
      auto flight = std::make_shared<Flight>(std::move(work));
      identify(*flight);
      const Event event = opened ? Event(event::AccountReady{}) : Event(event::AccountGone{});
      if (co_await move(flight, event)) ++swept;
    }
  }
  if (swept > 0) due_event_.notify();
  co_return swept;
}

}  // namespace publishing
