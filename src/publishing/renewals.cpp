#include "publishing/renewals.h"

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "publishing/chance.h"
#include "publishing/guarded.h"
#include "publishing/leased_doors.h"
#include "publishing/machine.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace publishing {

namespace {

using namespace boost::asio::experimental::awaitable_operators;

metrics::Counter renewals{"account_renewals_total",
                          "Renewals of credentials: renewed, failed (tried again) or refused.",
                          {"network", "outcome"}};
metrics::Gauge seconds_left{"account_renewal_seconds_left",
                            "Until the first account's credentials are to be renewed; below zero "
                            "when that is overdue.",
                            {"network"}};

// Of the time that is left: accounts that were connected together are not renewed together.
constexpr double early_share = 0.1;
// Credentials that cannot be read here, or a network that this version does not know.
constexpr std::chrono::hours hopeless_pause{1};

}  // namespace

Renewals::Renewals(io::Executor executor, RenewalDoors doors)
    : doors_(std::move(doors)), done_(executor), supervisor_(executor) {
  CHECK(doors_.accounts && doors_.leases && doors_.networks && doors_.clock);
  if (!doors_.sleep) doors_.sleep = [](base::Duration time) { return io::sleep_for(time); };
  if (!doors_.chance) doors_.chance = random_chance;
}

io::Task<> Renewals::run() {
  while (true) {
    co_await renew_due();
    co_await measure();
    co_await doors_.sleep(look_every);
  }
}

io::Task<> Renewals::stop() {
  supervisor_.stop();
  co_await supervisor_.join();
}

io::Task<std::size_t> Renewals::renew_due() {
  const auto due = co_await doors_.accounts->to_renew(now(), 10 * at_once);
  for (const Due& each : due) {
    while (running_.size() >= at_once) co_await done_.wait();
    start(each);
  }
  while (!running_.empty()) co_await done_.wait();
  co_return due.size();
}

void Renewals::start(Due due) {
  struct Running {
    Running(Renewals& renewals_of, base::AccountId id) : self(renewals_of), account(std::move(id)) {
      self.running_.insert(account);
    }
    ~Running() {
      self.running_.erase(account);
      self.done_.notify();
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    Renewals& self;
    base::AccountId account;
  };
  auto running = std::make_shared<Running>(*this, due.account);
  supervisor_.start_once("publishing.renewal", [this, running = std::move(running),
                                                due = std::move(due)] { return renew(due); });
}

io::Task<> Renewals::renew(Due due) {
  const auto lease =
      co_await doors_.leases->acquire(accounts::Accounts::renewal_lease(due.account), lease_max);
  if (!lease) co_return;  // another worker is at it
  const auto done = co_await guarded(renew_leased(due, lease->until));
  co_await doors_.leases->release(*lease);
  if (!done) {
    base::log_error("account_renewal_failed",
                    {{"account.id", due.account.value}, {"error.message", done.error()}});
  }
}

io::Task<> Renewals::renew_leased(Due due, base::Instant until) {
  // Whoever had the lease before may have done it.
  auto still = co_await doors_.accounts->still_to_renew(due.account, now());
  if (!still) co_return;
  due = std::move(*still);
  const networks::Network* network = doors_.networks(due.network);
  auto account = co_await doors_.accounts->open(due.account);
  if (network == nullptr || !account) {
    co_return co_await doors_.accounts->plan_renewal(due, now() + hopeless_pause, std::nullopt, 0);
  }
  const auto wanted = network->renew_at(*account);
  if (!wanted) co_return co_await doors_.accounts->plan_renewal(due, std::nullopt, std::nullopt, 0);
  // Planned somewhat early, so that those who were connected together do not come together.
  if (*wanted > now() && due.due != wanted) {
    const auto early = std::chrono::duration_cast<base::Duration>((*wanted - now()) * early_share *
                                                                  doors_.chance());
    co_return co_await doors_.accounts->plan_renewal(due, *wanted - early, wanted, 0);
  }
  auto answer = co_await ask(*network, *account, until);
  co_await take(std::move(due), std::move(*account), *wanted, std::move(answer));
}

io::Task<networks::Renewal> Renewals::ask(const networks::Network& network,
                                          networks::Account account, base::Instant until) {
  // A process that was stopped past its lease must not turn over a grant that another has renewed.
  const LeasedDoors leased(doors_.context,
                           [clock = doors_.clock, until] { return clock->now() + skew < until; });
  auto result = co_await (guarded(network.renew(leased.context, std::move(account))) ||
                          doors_.sleep(answer_max));
  if (result.index() == 1) co_return networks::RetryLater{.reason = "no answer in time"};
  auto& answer = std::get<0>(result);
  if (!answer) co_return networks::RetryLater{.reason = answer.error()};
  const auto* renewed = std::get_if<networks::Renewed>(&*answer);
  if (renewed != nullptr && renewed->credentials.empty()) {
    co_return networks::RetryLater{.reason = "the answer holds no credentials"};
  }
  co_return std::move(*answer);
}

io::Task<> Renewals::take(Due due, networks::Account before, base::Instant wanted,
                          networks::Renewal answer) {
  if (auto* renewed = std::get_if<networks::Renewed>(&answer)) {
    co_await doors_.accounts->save_renewed(due.account, std::move(before.credentials),
                                           std::move(renewed->credentials));
    renewals.add({due.network, "renewed"});
    co_return;
  }
  if (auto* refused = std::get_if<networks::AccountBroken>(&answer)) {
    renewals.add({due.network, "refused"});
    base::log_warn("account_renewal_refused",
                   {{"account.id", due.account.value}, {"network", due.network}});
    co_await doors_.accounts->mark_broken(due.account, refused->reason, due.version);
    co_return;
  }
  const auto& later = std::get<networks::RetryLater>(answer);
  const base::Duration pause = std::max<base::Duration>(
      backoff(retry_min, retry_max, due.failures, doors_.chance()), later.after);
  renewals.add({due.network, "failed"});
  base::log_warn("account_renewal_postponed", {{"account.id", due.account.value},
                                               {"network", due.network},
                                               {"failures", due.failures + 1},
                                               {"reason", later.reason}});
  co_await doors_.accounts->plan_renewal(due, now() + pause, wanted, due.failures + 1);
}

io::Task<> Renewals::measure() {
  for (const auto& [network, due] : co_await doors_.accounts->renewals_due()) {
    seconds_left.set({network}, base::to_seconds(due - now()));
  }
}

}  // namespace publishing
