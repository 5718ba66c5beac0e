#include "publishing/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace publishing {
namespace {

using networks::CannotKnow;
using networks::NotThere;
using networks::Published;
using networks::RetryClass;
using ::testing::HasSubstr;
using S = TargetState;

const base::Instant noon = *base::parse_rfc3339("2026-11-23T12:00:00Z");

Context context(RetryClass retry = RetryClass::safe_by_key) {
  return {.now = noon, .due_at = noon, .network = "Bluesky", .retry = retry, .sent_at = noon};
}

const std::vector<Event>& every_event() {
  static const std::vector<Event> events = {
      event::Claimed{},
      event::LeaseRanOut{},
      event::AttemptCommitted{},
      event::Withdrawn{"stopping"},
      event::Held{noon + std::chrono::seconds{30}, "Busy."},
      event::CouldNotPrepare{networks::Rejected{"no", "too long"}},
      event::CouldNotPrepare{networks::RetryLater{.reason = "busy"}},
      event::CouldNotPrepare{networks::AccountBroken{"revoked"}},
      event::Answered{Published{.remote_id = "1", .url = "https://x"}},
      event::Answered{networks::Rejected{"no", "too long"}},
      event::Answered{networks::RetryLater{.reason = "busy"}},
      event::Answered{networks::Unknown{"timeout"}},
      event::Answered{networks::AccountBroken{"revoked"}},
      event::LookedUp{Published{.remote_id = "1", .url = "https://x"}},
      event::LookedUp{NotThere{}},
      event::LookedUp{CannotKnow{.reason = "busy", .try_again = true}},
      event::CannotLook{"broken"},
      event::AccountWaits{"Paused."},
      event::AccountReady{},
      event::AccountGone{},
      event::CameTooLate{},
      event::EarlierPartOut{},
      event::EarlierPartStopped{"Part 1 was refused."},
      event::Cancelled{},
      event::Decided{Decision::it_was_published},
      event::Decided{Decision::send_again},
      event::Decided{Decision::give_up},
      event::NetworkWorks{{.after = std::chrono::seconds{5}, .reason = "the images"}},
      event::TrendDied{.drop = false, .reason = "It died."},
      event::TrendDied{.drop = true, .reason = "It died."},
  };
  return events;
}

struct Arrow {
  S from;
  std::size_t event;  // of every_event()
  S to;
};

// All of them. What is not here must not happen.
const std::vector<Arrow>& arrows() {
  static const std::vector<Arrow> all = {
      {S::scheduled, 0, S::claimed},
      {S::claimed, 1, S::scheduled},
      {S::sending, 1, S::unknown},
      {S::claimed, 2, S::sending},
      {S::claimed, 3, S::scheduled},
      {S::sending, 3, S::scheduled},
      {S::claimed, 4, S::scheduled},
      {S::sending, 4, S::scheduled},
      {S::claimed, 5, S::rejected},
      {S::claimed, 6, S::scheduled},
      {S::claimed, 7, S::paused},
      {S::sending, 8, S::published},
      {S::sending, 9, S::rejected},
      {S::sending, 10, S::scheduled},
      {S::sending, 11, S::unknown},
      {S::sending, 12, S::paused},
      {S::unknown, 13, S::published},
      {S::unknown, 14, S::scheduled},
      {S::unknown, 15, S::unknown},
      {S::unknown, 16, S::unknown},
      {S::claimed, 17, S::paused},
      {S::paused, 18, S::scheduled},
      {S::claimed, 19, S::rejected},
      {S::paused, 19, S::rejected},
      {S::claimed, 20, S::missed},
      {S::scheduled, 21, S::scheduled},
      {S::draft, 22, S::cancelled},
      {S::awaiting_approval, 22, S::cancelled},
      {S::scheduled, 22, S::cancelled},
      {S::paused, 22, S::cancelled},
      {S::draft, 23, S::cancelled},
      {S::awaiting_approval, 23, S::cancelled},
      {S::scheduled, 23, S::cancelled},
      {S::paused, 23, S::cancelled},
      {S::needs_decision, 24, S::published},
      {S::needs_decision, 25, S::scheduled},
      {S::needs_decision, 26, S::cancelled},
      {S::claimed, 27, S::scheduled},
      {S::paused, 20, S::missed},
      {S::claimed, 28, S::needs_decision},
      {S::claimed, 29, S::missed},
  };
  return all;
}

TEST(Machine, HasTheseArrowsAndNoOthers) {
  for (S from : posts::target_states) {
    for (std::size_t i = 0; i < every_event().size(); ++i) {
      std::optional<S> expected;
      for (const Arrow& arrow : arrows()) {
        if (arrow.from == from && arrow.event == i) expected = arrow.to;
      }
      const auto next = step(from, every_event()[i], context());
      SCOPED_TRACE(std::string(posts::to_string(from)) + " on event " + std::to_string(i));
      ASSERT_EQ(next.has_value(), expected.has_value());
      if (!next) continue;
      EXPECT_EQ(next->state, *expected);
      EXPECT_FALSE(next->event.empty());
      EXPECT_FALSE(next->message.empty());
    }
  }
}

TEST(Machine, NothingIsSentAgainFromSendingWithoutCertainty) {
  // Only these lead from "bytes may be out" back to "may be sent": each is certain that nothing is.
  for (std::size_t i = 0; i < every_event().size(); ++i) {
    const auto next = step(S::sending, every_event()[i], context(RetryClass::blind));
    if (!next || next->state != S::scheduled) continue;
    EXPECT_TRUE(i == 3 || i == 4 || i == 10) << i;
  }
}

TEST(Machine, CancellingIsAllowedWherePostsAllowIt) {
  for (S state : posts::target_states) {
    EXPECT_EQ(step(state, event::Cancelled{}, context()).has_value(), posts::may_cancel(state));
  }
}

TEST(Machine, FinalStatesStayAsTheyAre) {
  for (S state : {S::published, S::rejected, S::cancelled, S::missed}) {
    for (const Event& event : every_event()) EXPECT_FALSE(step(state, event, context()));
  }
}

TEST(Machine, BlindNetworksAskAPersonAndAreNeverRepeated) {
  for (const networks::Found& found :
       {networks::Found{NotThere{}}, networks::Found{CannotKnow{}},
        networks::Found{CannotKnow{.reason = "busy", .try_again = true}}}) {
    const auto next = step(S::unknown, event::LookedUp{found}, context(RetryClass::blind));
    EXPECT_EQ(next->state, S::needs_decision);
    EXPECT_THAT(next->reason, HasSubstr("decide"));
  }
}

TEST(Machine, ALookUpIsBelievedOnlyOnceTheNetworkHasSettled) {
  Context early = context(RetryClass::safe_by_lookup);
  early.now = noon + std::chrono::seconds{20};
  const auto wait = step(S::unknown, event::LookedUp{NotThere{}, early.now}, early);
  EXPECT_EQ(wait->state, S::unknown);
  EXPECT_EQ(wait->ready_at, noon + early.patience.settle);

  // The answer took long: it holds for the moment of the question.
  const base::Instant asked = early.now;
  early.now = noon + early.patience.settle + std::chrono::seconds{5};
  const auto slow = step(S::unknown, event::LookedUp{NotThere{}, asked}, early);
  EXPECT_EQ(slow->state, S::unknown);
  EXPECT_EQ(slow->ready_at, early.now);
  EXPECT_EQ(step(S::unknown, event::LookedUp{NotThere{}, early.now}, early)->state, S::scheduled);
}

TEST(Machine, WhatCannotBeAskedIsSentAgainOnlyUnderAKey) {
  const Event unknowable = event::LookedUp{CannotKnow{.reason = "no look-up"}};
  EXPECT_EQ(step(S::unknown, unknowable, context(RetryClass::safe_by_key))->state, S::scheduled);
  EXPECT_EQ(step(S::unknown, unknowable, context(RetryClass::safe_by_lookup))->state,
            S::needs_decision);
}

TEST(Machine, LookUpsEndWithAPerson) {
  Context tired = context(RetryClass::safe_by_lookup);
  tired.lookup_count = tired.patience.lookups_max - 1;
  const Event busy = event::LookedUp{CannotKnow{.reason = "busy", .try_again = true}};
  EXPECT_EQ(step(S::unknown, busy, tired)->state, S::needs_decision);
  Context unclear = context();
  unclear.unclear_count = unclear.patience.unclear_max;
  EXPECT_EQ(step(S::unknown, event::LookedUp{NotThere{}}, unclear)->state, S::needs_decision);
}

TEST(Machine, RetriesBackOffHonourRetryAfterAndEndWithAPerson) {
  Context now = context();
  const auto first = step(S::sending, event::Answered{networks::RetryLater{.reason = "busy"}}, now);
  EXPECT_GE(*first->ready_at, noon + now.patience.backoff_min / 2);
  EXPECT_LE(*first->ready_at, noon + now.patience.backoff_min);
  const auto asked = step(
      S::sending,
      event::Answered{networks::RetryLater{.after = std::chrono::seconds{900}, .reason = "429"}},
      now);
  EXPECT_EQ(asked->retry_at, noon + std::chrono::seconds{900});
  EXPECT_EQ(asked->retries, Transition::Count::up);
  now.retry_count = now.patience.retries_max - 1;
  EXPECT_EQ(step(S::sending, event::Answered{networks::RetryLater{}}, now)->state,
            S::needs_decision);
}

TEST(Machine, ABusyNetworkIsAskedAgainWithoutCountingAsARetryAndNotForEver) {
  const Event busy = event::NetworkWorks{{.after = std::chrono::seconds{5}, .reason = "video"}};
  Context now = context();
  const auto first = step(S::claimed, busy, now);
  EXPECT_EQ(first->ready_at, noon + std::chrono::seconds{5});
  EXPECT_EQ(first->retries, Transition::Count::keep);
  EXPECT_EQ(first->waiting, Transition::Count::up);
  EXPECT_FALSE(first->begins_anew);
  EXPECT_EQ(first->reason,
            "Bluesky is still processing the media (video). It is asked again in 5 seconds.");
  // The longer it takes, the more seldom: not a line of the timeline every five seconds.
  now.waiting_since = noon - std::chrono::minutes{10};
  EXPECT_EQ(step(S::claimed, busy, now)->ready_at, noon + std::chrono::minutes{1});
  // A network that says "in a year" is not believed.
  const Event never = event::NetworkWorks{{.after = std::chrono::hours{9'000}, .reason = ""}};
  EXPECT_EQ(step(S::claimed, never, now)->ready_at, noon + now.patience.working_longest);
  now.waiting_since = noon - now.patience.working_max;
  const auto stuck = step(S::claimed, busy, now);
  EXPECT_EQ(stuck->state, S::needs_decision);
  EXPECT_TRUE(stuck->begins_anew);
  EXPECT_THAT(stuck->reason, HasSubstr("6 hours"));
}

TEST(Machine, WhatStopsEveryWorkerEndsWithAPerson) {
  Context now = context();
  const auto first = step(S::claimed, event::LeaseRanOut{}, now);
  EXPECT_EQ(first->ready_at, noon);
  EXPECT_EQ(first->retries, Transition::Count::up);
  now.retry_count = 10;
  EXPECT_GT(*step(S::claimed, event::LeaseRanOut{}, now)->ready_at, noon);
  now.retry_count = now.patience.retries_max - 1;
  EXPECT_EQ(step(S::claimed, event::LeaseRanOut{}, now)->state, S::needs_decision);
}

TEST(Machine, TooLateFollowsThePolicy) {
  Context late = context();
  late.now = noon + std::chrono::hours{2};
  late.too_late = posts::TooLatePolicy::ask;
  EXPECT_EQ(step(S::claimed, event::CameTooLate{}, late)->state, S::needs_decision);
  late.too_late = posts::TooLatePolicy::drop;
  EXPECT_EQ(step(S::claimed, event::CameTooLate{}, late)->state, S::missed);

  const posts::TooLate drop{.policy = posts::TooLatePolicy::drop, .after = std::chrono::minutes{5}};
  EXPECT_FALSE(is_too_late(noon + std::chrono::minutes{5}, noon, drop));
  EXPECT_TRUE(is_too_late(noon + std::chrono::minutes{6}, noon, drop));
  EXPECT_FALSE(is_too_late(noon + std::chrono::days{30}, noon, {}));
}

TEST(Machine, WhatMayBeThereIsNeverCalledUnsent) {
  Context late = context();
  late.unclear_count = 1;
  late.too_late = posts::TooLatePolicy::drop;
  for (const S state : {S::claimed, S::paused}) {
    for (const Event& event : {Event(event::CameTooLate{}), Event(event::AccountGone{})}) {
      const auto asked = step(state, event, late);
      EXPECT_EQ(asked->state, S::needs_decision);
      EXPECT_THAT(asked->reason, HasSubstr("no clear answer"));
    }
  }
  late.retry = RetryClass::safe_by_lookup;  // it was looked up before it could come here
  EXPECT_EQ(step(S::claimed, event::CameTooLate{}, late)->state, S::missed);
}

TEST(Machine, APersonsWordWaivesLatenessAndStartsTheCountingAnew) {
  const auto again = step(S::needs_decision, event::Decided{Decision::send_again}, context());
  EXPECT_TRUE(again->waives_late);
  EXPECT_EQ(again->retries, Transition::Count::reset);
}

TEST(Machine, UncertainAttemptsAreMarkedAndOthersAreNot) {
  EXPECT_TRUE(step(S::sending, event::LeaseRanOut{}, context())->uncertain);
  EXPECT_TRUE(step(S::sending, event::Answered{networks::Unknown{}}, context())->uncertain);
  EXPECT_FALSE(step(S::sending, event::Answered{networks::RetryLater{}}, context())->uncertain);
  EXPECT_FALSE(step(S::claimed, event::LeaseRanOut{}, context())->uncertain);
}

TEST(Backoff, DoublesWithinItsBounds) {
  using std::chrono::seconds;
  EXPECT_EQ(backoff(seconds{4}, seconds{100}, 0, 1.0), seconds{4});
  EXPECT_EQ(backoff(seconds{4}, seconds{100}, 1, 0.0), seconds{4});
  EXPECT_EQ(backoff(seconds{4}, seconds{100}, 3, 1.0), seconds{32});
  EXPECT_EQ(backoff(seconds{4}, seconds{100}, 1000, 1.0), seconds{100});
}

TEST(InWords, ReadsLikeAPerson) {
  using namespace std::chrono_literals;
  EXPECT_EQ(in_words(1s), "1 second");
  EXPECT_EQ(in_words(90s), "90 seconds");
  EXPECT_EQ(in_words(5min), "5 minutes");
  EXPECT_EQ(in_words(49h), "2 days");
}

}  // namespace
}  // namespace publishing
