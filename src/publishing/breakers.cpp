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

base::Duration rest_after(int times) {
  return std::min<std::chrono::seconds>(Breakers::rest_min * (1 << std::min(times, 10)),
                                        Breakers::rest_max);
}

}  // namespace

std::optional<Breakers::Rest> Breakers::account_rest(const base::AccountId& account,
                                                     std::string_view label,
                                                     base::Instant now) const {
  const auto found = accounts_.find(account);
  if (found == accounts_.end() || found->second <= now) return std::nullopt;
  return Rest{.until = found->second,
              .reason = fmt::format("{} has asked this account to slow down.", label)};
}

std::optional<Breakers::Rest> Breakers::network_rest(const std::string& network,
                                                     std::string_view label,
                                                     base::Instant now) const {
  const auto found = networks_.find(network);
  if (found == networks_.end() || !found->second.open) return std::nullopt;
  const Open& open = *found->second.open;
  if (open.until > now) {
    return Rest{.until = open.until,
                .reason = fmt::format("{} does not answer well at the moment.", label)};
  }
  if (open.probe_until <= now) return std::nullopt;
  return Rest{.until = std::min<base::Instant>(open.probe_until, now + probe_look),
              .reason = fmt::format("{} did not answer well; one post tries it first.", label)};
}

Breakers::Probe Breakers::probe(const std::string& network, base::Instant now) {
  const auto found = networks_.find(network);
  if (found == networks_.end() || !found->second.open) return Probe::not_needed;
  Open& open = *found->second.open;
  if (open.until > now || open.probe_until > now) return Probe::not_needed;
  open.probe_until = now + probe_look;
  return open.shared ? Probe::ask_others : Probe::granted;
}

void Breakers::probe_ended(const std::string& network) {
  const auto found = networks_.find(network);
  if (found != networks_.end() && found->second.open) found->second.open->probe_until = {};
}

void Breakers::keep_to_oneself(const std::string& network) {
  const auto found = networks_.find(network);
  if (found != networks_.end() && found->second.open) found->second.open->shared = false;
}

Breakers::Lesson Breakers::learn(const std::string& network, const base::AccountId& account,
                                 const networks::Outcome& outcome, base::Instant now) {
  if (const auto* later = std::get_if<networks::RetryLater>(&outcome)) {
    if (later->after.count() > 0) rest_account(account, now + later->after);
  }
  Breaker& breaker = networks_[network];
  if (!is_failure(outcome)) {
    // A refusal is an answer too: the network is there.
    const bool shared = breaker.open && breaker.open->shared;
    breaker = {};
    if (shared) return NetworkIsWell{};
    return {};
  }
  if (breaker.open) {
    // What was on its way when the rest began says nothing new.
    if (breaker.open->until > now) return {};
    return rest_network(breaker, network, now);
  }
  if (++breaker.failures < failures_max) return {};
  return rest_network(breaker, network, now);
}

Breakers::Lesson Breakers::rest_network(Breaker& breaker, const std::string& network,
                                        base::Instant now) {
  openings.add({network});
  const bool tell = breaker.contradictions < contradictions_max;
  const int times = breaker.open ? breaker.open->times + 1 : 0;
  breaker.failures = 0;
  breaker.open = Open{.until = now + rest_after(times),
                      .times = times,
                      .probe_until = {},
                      .known_since = now,
                      .shared = tell,
                      .from_here = tell};
  if (!tell) return {};
  return NetworkRest{.network = network, .until = breaker.open->until, .times = times};
}

void Breakers::see(const std::vector<NetworkRest>& shared, base::Instant asked_at) {
  std::map<std::string, const NetworkRest*> known;
  for (const NetworkRest& rest : shared) known[rest.network] = &rest;
  for (auto& [network, breaker] : networks_) {
    auto& open = breaker.open;
    if (!open || !open->shared || known.contains(network)) continue;
    if (asked_at <= open->known_since + telling_max) continue;
    // Somebody has seen that it is well.
    if (open->from_here) ++breaker.contradictions;
    open.reset();
    breaker.failures = 0;
  }
  for (const NetworkRest& rest : shared) {
    Breaker& breaker = networks_[rest.network];
    const bool newer = breaker.open && breaker.open->until > rest.until;
    if (newer) continue;
    const bool same = breaker.open && breaker.open->until == rest.until;
    breaker.open = Open{.until = rest.until,
                        .times = rest.times,
                        .probe_until = rest.probe_until,
                        .known_since = same ? breaker.open->known_since : asked_at,
                        .shared = true,
                        .from_here = same && breaker.open->from_here};
  }
}

void Breakers::rest_account(const base::AccountId& account, base::Instant until) {
  base::Instant& rest = accounts_[account];
  rest = std::max(rest, until);
}

void Breakers::forget(base::Instant now) {
  std::erase_if(accounts_, [now](const auto& each) { return each.second <= now; });
}

}  // namespace publishing
