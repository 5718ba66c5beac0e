#include "publishing/machine.h"

#include "publishing/findings.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace publishing {

namespace {

using namespace findings;
using networks::AccountBroken;
using networks::CannotKnow;
using networks::NotThere;
using networks::Published;
using networks::Rejected;
using networks::RetryClass;
using networks::RetryLater;
using networks::Unknown;
using Count = Transition::Count;
using Step = std::optional<Transition>;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

Step on(TargetState state, const event::Claimed&, const Context&) {
  if (state != TargetState::scheduled) return std::nullopt;
  return Transition{.state = TargetState::claimed,
                    .event = "claimed",
                    .message = "Its time is near: it is made ready."};
}

Step on(TargetState state, const event::LeaseRanOut&, const Context& context) {
  if (state == TargetState::claimed) {
    return worker_stopped(context);
  }
  if (state == TargetState::sending)
    return unknown(context, "the program was interrupted in the middle");
  return std::nullopt;
}

Step on(TargetState state, const event::AttemptCommitted&, const Context& context) {
  if (state != TargetState::claimed) return std::nullopt;
  return Transition{
      .state = TargetState::sending,
      .event = "attempt",
      .message = fmt::format("Ready, and written down: it goes to {}.", context.network),
      .waiting = Count::reset,
      .begins_anew = true};
}

Step on(TargetState state, const event::Withdrawn& withdrawn, const Context& context) {
  if (state != TargetState::claimed && state != TargetState::sending) return std::nullopt;
  return Transition{
      .state = TargetState::scheduled,
      .ready_at = std::max(context.now, context.due_at),
      .event = "withdrawn",
      .message = "Put back before anything was sent" + because(withdrawn.reason) + ".",
      .outcome = state == TargetState::sending ? "not_sent" : ""};
}

Step on(TargetState state, const event::Held& held, const Context& context) {
  if (state != TargetState::claimed && state != TargetState::sending) return std::nullopt;
  const std::string text =
      fmt::format("{} It goes on in {}.", held.reason, in_words(held.until - context.now));
  return Transition{.state = TargetState::scheduled,
                    .ready_at = held.until,
                    .retry_at = held.until,
                    .reason = text,
                    .event = "held",
                    .message = text,
                    .outcome = state == TargetState::sending ? "not_sent" : ""};
}

Step on(TargetState state, const event::CouldNotPrepare& event, const Context& context) {
  if (state != TargetState::claimed) return std::nullopt;
  Transition next =
      std::visit(Overloaded{[&](const Rejected& why) { return rejected(context, why); },
                            [&](const RetryLater& why) { return retry(context, why); },
                            [&](const AccountBroken& why) { return broken(context, why); }},
                 event.why);
  next.outcome.clear();  // there is no attempt yet
  return next;
}

Step on(TargetState state, const event::NetworkWorks& event, const Context& context) {
  if (state != TargetState::claimed) return std::nullopt;
  return network_works(context, event.answer);
}

Step on(TargetState state, const event::Answered& answered, const Context& context) {
  if (state != TargetState::sending) return std::nullopt;
  return std::visit(
      Overloaded{
          [&](const Published& answer) { return published(context, answer.url, "confirmed it"); },
          [&](const Rejected& answer) { return rejected(context, answer); },
          [&](const RetryLater& answer) { return retry(context, answer); },
          [&](const Unknown& answer) { return unknown(context, answer.reason); },
          [&](const AccountBroken& answer) { return broken(context, answer); }},
      answered.outcome);
}

Step on(TargetState state, const event::LookedUp& looked, const Context& context) {
  if (state != TargetState::unknown) return std::nullopt;
  if (context.retry == RetryClass::blind && !std::holds_alternative<Published>(looked.found)) {
    return cannot_know(context, CannotKnow{});
  }
  return std::visit(
      Overloaded{[&](const Published& found) {
                   return published(context, found.url, "has it: the look-up found it");
                 },
                 [&](const NotThere&) { return not_there(context, looked.asked_at); },
                 [&](const CannotKnow& answer) { return cannot_know(context, answer); }},
      looked.found);
}

Step on(TargetState state, const event::CannotLook& event, const Context& context) {
  if (state != TargetState::unknown) return std::nullopt;
  Transition next =
      look_again(context, context.now + std::chrono::minutes{1},
                 fmt::format("It may or may not be on {}, and looking is not possible now{}.",
                             context.network, because(context, event.reason)));
  next.lookups = Count::keep;
  return next;
}

Step on(TargetState state, const event::AccountWaits& event, const Context&) {
  if (state != TargetState::claimed) return std::nullopt;
  return account_waits(event.reason, "");
}

Step on(TargetState state, const event::AccountReady&, const Context& context) {
  if (state != TargetState::paused) return std::nullopt;
  return Transition{.state = TargetState::scheduled,
                    .ready_at = std::max(context.now, context.due_at),
                    .event = "resumed",
                    .message = "The account is connected: it goes on."};
}

Step on(TargetState state, const event::AccountGone&, const Context& context) {
  if (state != TargetState::claimed && state != TargetState::paused) return std::nullopt;
  if (may_be_there(context)) {
    return ask_whether_there(context, "The account is not connected any more.");
  }
  return Transition{.state = TargetState::rejected,
                    .reason = "The account is not connected any more.",
                    .event = "rejected",
                    .message = "The account is not connected any more: nothing was sent.",
                    .stops_thread = true};
}

Step on(TargetState state, const event::CameTooLate&, const Context& context) {
  if (state != TargetState::claimed && state != TargetState::paused) return std::nullopt;
  const std::string late = in_words(context.now - context.due_at);
  if (may_be_there(context)) {
    return ask_whether_there(context, fmt::format("It is {} after its time.", late));
  }
  if (context.too_late == posts::TooLatePolicy::ask) {
    return ask_person(
        fmt::format("It is {} after its time, and you wanted to be asked. Nothing was "
                    "published. Send it now, or give up?",
                    late));
  }
  const std::string text =
      fmt::format("Dropped, as you wanted: {} after its time it was too late.", late);
  return Transition{.state = TargetState::missed,
                    .reason = text,
                    .event = "missed",
                    .message = text,
                    .stops_thread = true};
}

Step on(TargetState state, const event::TrendDied& died, const Context& context) {
  if (state != TargetState::claimed) return std::nullopt;
  if (may_be_there(context)) return ask_whether_there(context, died.reason);
  if (died.drop) {
    const std::string text = died.reason + " Dropped, as the rule wants it. Nothing was published.";
    return Transition{.state = TargetState::missed,
                      .reason = text,
                      .event = "trend_died",
                      .message = text,
                      .stops_thread = true};
  }
  Transition ask = ask_person(died.reason + " Nothing was published. Send it now, or give up?");
  ask.event = "trend_died";
  return ask;
}

Step on(TargetState state, const event::EarlierPartOut&, const Context& context) {
  if (state != TargetState::scheduled) return std::nullopt;
  return Transition{.state = TargetState::scheduled,
                    .ready_at = std::max(context.now, context.due_at),
                    .event = "next_part",
                    .message = "The part before it is out: this one follows."};
}

Step on(TargetState state, const event::EarlierPartStopped& event, const Context&) {
  if (!posts::may_cancel(state)) return std::nullopt;
  return Transition{.state = TargetState::cancelled,
                    .reason = event.what,
                    .event = "thread_stopped",
                    .message = event.what};
}

Step on(TargetState state, const event::Cancelled&, const Context&) {
  if (!posts::may_cancel(state)) return std::nullopt;
  return Transition{.state = TargetState::cancelled,
                    .reason = "Cancelled.",
                    .event = "cancelled",
                    .message = "Called off before it was sent.",
                    .stops_thread = true};
}

Step on(TargetState state, const event::Decided& event, const Context& context) {
  if (state != TargetState::needs_decision) return std::nullopt;
  switch (event.decision) {
    case Decision::it_was_published:
      return Transition{.state = TargetState::published,
                        .reason = "Somebody looked: it was published.",
                        .event = "decided",
                        .message = context.actor + " says: it was published."};
    case Decision::send_again:
      return Transition{.state = TargetState::scheduled,
                        .ready_at = context.now,
                        .event = "decided",
                        .message = context.actor + " says: send it again.",
                        .retries = Count::reset,
                        .lookups = Count::reset,
                        .waiting = Count::reset,
                        .waives_late = true};
    case Decision::give_up:
      return Transition{.state = TargetState::cancelled,
                        .reason = "Given up.",
                        .event = "decided",
                        .message = context.actor + " says: give it up.",
                        .stops_thread = true};
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Decision decision) {
  switch (decision) {
    case Decision::it_was_published:
      return "it_was_published";
    case Decision::send_again:
      return "send_again";
    case Decision::give_up:
      return "give_up";
  }
  return "give_up";
}

std::optional<Decision> parse_decision(std::string_view text) {
  for (Decision decision : {Decision::it_was_published, Decision::send_again, Decision::give_up}) {
    if (to_string(decision) == text) return decision;
  }
  return std::nullopt;
}

std::optional<Transition> step(TargetState state, const Event& event, const Context& context) {
  return std::visit([&](const auto& each) { return on(state, each, context); }, event);
}

bool is_too_late(base::Instant now, base::Instant due_at, posts::TooLate policy) {
  return policy.policy != posts::TooLatePolicy::publish && now > due_at + policy.after;
}

base::Duration backoff(std::chrono::seconds min, std::chrono::seconds max, int count,
                       double chance) {
  const double doubled = static_cast<double>(min.count()) * std::pow(2.0, std::min(count, 30));
  const double full = std::min(doubled, static_cast<double>(max.count()));
  return std::chrono::duration_cast<base::Duration>(
      std::chrono::duration<double>(full / 2 + full / 2 * chance));
}

std::string in_words(base::Duration duration) {
  const auto seconds =
      std::max<std::int64_t>(0, std::chrono::round<std::chrono::seconds>(duration).count());
  const auto text = [](std::int64_t count, std::string_view unit) {
    return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
  };
  if (seconds < 120) return text(seconds, "second");
  if (seconds < 7200) return text((seconds + 30) / 60, "minute");
  if (seconds < 172'800) return text((seconds + 1800) / 3600, "hour");
  return text((seconds + 43'200) / 86'400, "day");
}

}  // namespace publishing
