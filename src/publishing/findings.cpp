#include "publishing/findings.h"

#include <algorithm>

#include <fmt/format.h>

namespace publishing::findings {

using networks::AccountBroken;
using networks::CannotKnow;
using networks::Rejected;
using networks::RetryClass;
using networks::RetryLater;
using networks::StillWorking;
using Count = Transition::Count;

std::string because(std::string_view reason) {
  return reason.empty() ? std::string() : fmt::format(" ({})", reason);
}

std::string because(const Context& context, std::string_view reason) {
  const std::string prefix = context.network + ": ";
  if (reason.starts_with(prefix)) reason.remove_prefix(prefix.size());
  if (reason.ends_with('.')) reason.remove_suffix(1);
  return because(reason);
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

namespace {

Transition tired(const Context& context, const RetryLater& answer) {
  const std::string text = fmt::format(
      "{} has not taken it in {} tries{}. Nothing was published. Send it again, or "
      "give up?",
      context.network, context.retry_count + 1, because(context, answer.reason));
  return {.state = TargetState::needs_decision,
          .reason = text,
          .event = "needs_decision",
          .message = text,
          .outcome = "retry_later"};
}

}  // namespace

Transition retry(const Context& context, const RetryLater& answer) {
  const Patience& patience = context.patience;
  if (context.retry_count + 1 >= patience.retries_max) return tired(context, answer);
  const base::Duration own =
      backoff(patience.backoff_min, patience.backoff_max, context.retry_count, context.chance);
  const base::Duration wait = std::max<base::Duration>(own, answer.after);
  const std::string text = fmt::format("{} did not take it{}. Next try in {}.", context.network,
                                       because(context, answer.reason), in_words(wait));
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
                                   context.network, because(context, answer.reason)),
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
        context.network, in_words(so_far), because(context, answer.reason));
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
                  because(context, answer.reason), in_words(wait));
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
  return {
      .state = TargetState::scheduled,
      .ready_at = context.now + wait,
      .event = "lease_ran_out",
      .message = "The program was interrupted before anything was sent. It goes on where it stood.",
      .retries = Count::up};
}

// The first look is soon for networks that can be asked by key, later for those that list posts.
Transition unknown(const Context& context, std::string_view why) {
  const bool blind = context.retry == RetryClass::blind;
  const std::string text = fmt::format(
      "It was sent, but {} gave no clear answer{}. {}", context.network, because(context, why),
      blind ? "It is not sent again by itself."
            : "It is being looked up before anything is sent again.");
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
  const std::string text = fmt::format("{} It is sent again, unchanged.", finding);
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
                                  because(context, answer.reason)));
  }
  if (context.retry == RetryClass::safe_by_key) {
    return send_same_again(
        context,
        fmt::format("{} cannot be asked, but takes the same post only once.", context.network));
  }
  return ask_person(
      fmt::format("{} cannot tell us whether it arrived{}. Please look there and "
                  "decide: it was published, send it again, or give up.",
                  context.network, because(context, answer.reason)));
}

}  // namespace publishing::findings
