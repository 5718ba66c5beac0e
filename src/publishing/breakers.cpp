#include "publishing/breakers.h"

#include "base/metrics.h"

#include <algorithm>

#include <fmt/format.h>

namespace publishing {

namespace {

metrics::Counter openings{"publishing_breaker_openings_total",
                          "Times that a network was given a rest after failures in a row.",
                          {"network"}};

bool is_failure(const networks::Outcome& outcome) {
  if (std::holds_alternative<networks::Unknown>(outcome)) return true;
  const auto* later = std::get_if<networks::RetryLater>(&outcome);
  return later != nullptr && later->after.count() == 0;
}

}  // namespace

std::optional<Breakers::Rest> Breakers::rest(const std::string& network, std::string_view label,
                                             const base::AccountId& account,
                                             base::Instant now) const {
  if (auto found = accounts_.find(account); found != accounts_.end() && found->second > now) {
    return Rest{.until = found->second,
                .reason = fmt::format("{} has asked this account to slow down.", label)};
  }
  if (auto found = networks_.find(network);
      found != networks_.end() && found->second.open_until > now) {
    return Rest{.until = found->second.open_until,
                .reason = fmt::format("{} does not answer well at the moment.", label)};
  }
  return std::nullopt;
}

void Breakers::learn(const std::string& network, const base::AccountId& account,
                     const networks::Outcome& outcome, base::Instant now) {
  if (const auto* later = std::get_if<networks::RetryLater>(&outcome)) {
    if (later->after.count() > 0) rest_account(account, now + later->after);
  }
  Breaker& breaker = networks_[network];
  if (!is_failure(outcome)) {
    // A refusal is an answer too: the network is there.
    breaker = {};
    return;
  }
  if (++breaker.failures < failures_max) return;
  const int times = std::min(breaker.failures - failures_max, 10);
  const auto rest = std::min<std::chrono::seconds>(rest_min * (1 << times), rest_max);
  if (breaker.open_until <= now) openings.add({network});
  breaker.open_until = now + rest;
}

void Breakers::rest_account(const base::AccountId& account, base::Instant until) {
  base::Instant& rest = accounts_[account];
  rest = std::max(rest, until);
}

void Breakers::forget(base::Instant now) {
  std::erase_if(accounts_, [now](const auto& each) { return each.second <= now; });
}

}  // namespace publishing
