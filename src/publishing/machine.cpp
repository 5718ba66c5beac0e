#include "publishing/machine.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace publishing {

namespace {

using networks::AccountBroken;
using networks::CannotKnow;
using networks::NotThere;
using networks::Published;
using networks::Rejected;
using networks::RetryClass;
using networks::RetryLater;
using networks::StillWorking;
using networks::Unknown;
using Count = Transition::Count;
using Step = std::optional<Transition>;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

std::string because(std::string_view reason) {
  return reason.empty() ? std::string() : fmt::format(" ({})", reason);
}

Transition published(const Context& context, const std::string& url, std::string_view how) {
  return {.state = TargetState::published,
          .event = "published",
          .message = fmt::format("{} {}{}", context.network, how, url.empty() ? "." : ": " + url),
          .outcome = "published",
          .retries = Count::reset,
          .lookups = Count::reset};
}

Transition rejected(const Context& context, const Rejected& answer) {
  return {.state = TargetState::rejected,
          .reason = fmt::format("{} refused it: {}", context.network, answer.reason),
          .event = "rejected",
          .message = fmt::format("{} refused it: {}", context.network, answer.reason),
          .outcome = "rejected",
          .stops_thread = true};
}

Transition tired(const Context& context, const RetryLater& answer) {
  const std::string text = fmt::format(
      "{} has not taken it in {} tries{}. Nothing was published. Send it again, or "
      "give up?",
      context.network, context.retry_count + 1, because(answer.reason));
  return {.state = TargetState::needs_decision,
          .reason = text,
          .event = "needs_decision",
          .message = text,
          .outcome = "retry_later"};
}

Transition retry(const Context& context, const RetryLater& answer) {
  const Patience& patience = context.patience;
  if (context.retry_count + 1 >= patience.retries_max) return tired(context, answer);
  const base::Duration own =
      backoff(patience.backoff_min, patience.backoff_max, context.retry_count, context.chance);
  const base::Duration wait = std::max<base::Duration>(own, answer.after);
  const std::string text = fmt::format("{} did not take it{}. Next try in {}.", context.network,
                                       because(answer.reason), in_words(wait));
  return {.state = TargetState::scheduled,
          .ready_at = context.now + wait,
          .retry_at = context.now + wait,
          .reason = text,
          .event = "retry_later",
          .message = text,
          .outcome = "retry_later",
          .retries = Count::up};
}

Transition account_waits(std::string_view reason, std::string_view outcome) {
  return {.state = TargetState::paused,
          .reason = std::string(reason),
          .event = "paused",
          .message = std::string(reason),
          .outcome = std::string(outcome)};
}

Transition broken(const Context& context, const AccountBroken& answer) {
  return account_waits(fmt::format("{} no longer lets us in{}. Connect the account again: the post "
                                   "waits and then goes out.",
                                   context.network, because(answer.reason)),
                       "account_broken");
}

// Not a failure, and so no retry: but it has an end too.
Transition network_works(const Context& context, const StillWorking& answer) {
  const Patience& patience = context.patience;
  const base::Duration so_far = context.now - context.waiting_since.value_or(context.now);
  if (so_far >= patience.working_max) {
    const std::string text = fmt::format(
        "{} has been processing the media for {} and is not done{}. Nothing was published. Begin "
        "anew, or give up?",
        context.network, in_words(so_far), because(answer.reason));
    return {.state = TargetState::needs_decision,
            .reason = text,
            .event = "needs_decision",
            .message = text,
            .waiting = Count::reset,
            .begins_anew = true};
  }
  const base::Duration asked = std::max<base::Duration>(answer.after, patience.working_min);
  const base::Duration wait =
      std::min<base::Duration>(std::max(asked, so_far / 10), patience.working_longest);
  const std::string text =
      fmt::format("{} is still processing the media{}. It is asked again in {}.", context.network,
                  because(answer.reason), in_words(wait));
  return {.state = TargetState::scheduled,
          .ready_at = context.now + wait,
          .retry_at = context.now + wait,
          .reason = text,
          .event = "network_works",
          .message = text,
          .waiting = Count::up};
}

// The first times are the workers' business. What stops every worker that takes it up must not go
// on for ever.
Transition worker_stopped(const Context& context) {
  const Patience& patience = context.patience;
  if (context.retry_count + 1 >= patience.retries_max) {
    const std::string text = fmt::format(
        "It was taken up {} times, and never got as far as being sent. Nothing was published. Send "
        "it again, or give up?",
        context.retry_count + 1);
    return {.state = TargetState::needs_decision,
            .reason = text,
            .event = "needs_decision",
            .message = text};
  }
  constexpr int at_once = 3;
  const base::Duration wait = context.retry_count < at_once
                                  ? base::Duration{0}
                                  : backoff(patience.backoff_min, patience.backoff_max,
                                            context.retry_count - at_once, context.chance);
  return {.state = TargetState::scheduled,
          .ready_at = context.now + wait,
          .event = "lease_ran_out",
          .message = "Its worker stopped before anything was sent: another one takes over.",
          .retries = Count::up};
}

// The first look is soon for networks that can be asked by key, later for those that list posts.
Transition unknown(const Context& context, std::string_view why) {
  const std::string text = fmt::format(
      "It was sent, but {} gave no clear answer{}. It is being looked up before "
      "anything is sent again.",
      context.network, because(why));
  const bool blind = context.retry == RetryClass::blind;
  return {.state = TargetState::unknown,
          .ready_at = blind ? context.now : context.now + context.patience.lookup_min,
          .reason = text,
          .event = "unknown",
          .message = text,
          .outcome = "unknown",
          .lookups = Count::reset,
          .uncertain = true};
}

Transition ask_person(std::string text) {
  return {.state = TargetState::needs_decision,
          .reason = text,
          .event = "needs_decision",
          .message = text,
          .lookups = Count::reset};
}

// Class A goes from unknown to sending again without knowing whether it is there: if it cannot go
// on then, nobody may call it unsent. (Class B has looked, and for class C a person has spoken.)
bool may_be_there(const Context& context) {
  return context.unclear_count > 0 && context.retry == RetryClass::safe_by_key;
}

Transition ask_whether_there(const Context& context, std::string_view why) {
  return ask_person(
      fmt::format("{} It was sent before, and {} gave no clear answer. Please look there and "
                  "decide: it was published, send it again, or give up.",
                  why, context.network));
}

Transition look_again(const Context& context, base::Instant at, std::string text) {
  return {.state = TargetState::unknown,
          .ready_at = at,
          .retry_at = at,
          .reason = text,
          .event = "look_again",
          .message = fmt::format("{} Next look in {}.", text, in_words(at - context.now)),
          .lookups = Count::up};
}

// Only for those of whom it is known, or safe not to know, that nothing doubles.
Transition send_same_again(const Context& context, std::string_view finding) {
  const Patience& patience = context.patience;
  if (context.unclear_count >= patience.unclear_max) {
    return ask_person(
        fmt::format("It was sent {} times, and {} never gave a clear answer. Please "
                    "look there and decide: it was published, send it again, or give "
                    "up.",
                    context.unclear_count, context.network));
  }
  const base::Duration wait = context.unclear_count <= 1
                                  ? base::Duration{0}
                                  : backoff(patience.backoff_min, patience.backoff_max,
                                            context.unclear_count - 2, context.chance);
  const std::string text =
      fmt::format("{} It is sent again, unchanged and under the same key.", finding);
  return {.state = TargetState::scheduled,
          .ready_at = context.now + wait,
          .reason = text,
          .event = "send_same_again",
          .message = text,
          .lookups = Count::reset};
}

Transition not_there(const Context& context, base::Instant asked_at) {
  const base::Instant settled =
      context.sent_at.value_or(context.now - context.patience.settle) + context.patience.settle;
  // A network that knows our key would refuse or join a second sending; any other may still be
  // busy with the first one.
  if (context.retry != RetryClass::safe_by_key && asked_at < settled) {
    return look_again(context, std::max(settled, context.now),
                      fmt::format("Not on {} yet.", context.network));
  }
  return send_same_again(context, fmt::format("Looked it up: it is not on {}.", context.network));
}

Transition cannot_know(const Context& context, const CannotKnow& answer) {
  const Patience& patience = context.patience;
  if (answer.try_again && context.lookup_count + 1 < patience.lookups_max) {
    const base::Duration wait =
        backoff(patience.lookup_min, patience.lookup_max, context.lookup_count, context.chance);
    return look_again(context, context.now + wait,
                      fmt::format("{} cannot tell yet whether it arrived{}.", context.network,
                                  because(answer.reason)));
  }
  if (context.retry == RetryClass::safe_by_key) {
    return send_same_again(
        context,
        fmt::format("{} cannot be asked, but takes the same post only once.", context.network));
  }
  return ask_person(
      fmt::format("{} cannot tell us whether it arrived{}. Please look there and "
                  "decide: it was published, send it again, or give up.",
                  context.network, because(answer.reason)));
}

Step on(TargetState state, const event::Claimed&, const Context&) {
  if (state != TargetState::scheduled) return std::nullopt;
  return Transition{.state = TargetState::claimed,
                    .event = "claimed",
                    .message = "A worker took it up and makes it ready."};
}

Step on(TargetState state, const event::LeaseRanOut&, const Context& context) {
  if (state == TargetState::claimed) {
    return worker_stopped(context);
  }
  if (state == TargetState::sending) return unknown(context, "the worker stopped in the middle");
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
                             context.network, because(event.reason)));
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
