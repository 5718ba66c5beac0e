#include "posts/when.h"

#include "posts/target_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posts {
namespace {

using ::testing::ElementsAre;

base::Instant at(std::string_view text) { return *base::parse_rfc3339(text); }

TEST(SlotInstants, KeepWallTimeAcrossClockChanges) {
  const std::vector<SlotTime> nine = {{"1234567", "09:00", "Europe/Paris"}};
  EXPECT_THAT(slot_instants(nine, at("2026-10-24T00:00:00Z"), 3, 30),
              ElementsAre(at("2026-10-24T07:00:00Z"), at("2026-10-25T08:00:00Z"),
                          at("2026-10-26T08:00:00Z")));
  EXPECT_THAT(slot_instants(nine, at("2027-03-27T00:00:00Z"), 2, 30),
              ElementsAre(at("2027-03-27T08:00:00Z"), at("2027-03-28T07:00:00Z")));
}

TEST(SlotInstants, AGapMovesForwardAndAnOverlapFiresOnce) {
  const std::vector<SlotTime> night = {{"7", "02:30", "Europe/Paris"}};
  EXPECT_THAT(slot_instants(night, at("2027-03-27T00:00:00Z"), 1, 30),
              ElementsAre(at("2027-03-28T01:30:00Z")));
  EXPECT_THAT(slot_instants(night, at("2026-10-24T00:00:00Z"), 2, 30),
              ElementsAre(at("2026-10-25T00:30:00Z"), at("2026-11-01T01:30:00Z")));
}

TEST(SlotInstants, MergeZonesInOrderAndOnlyChosenDays) {
  // 2026-11-23 is a Monday.
  const std::vector<SlotTime> slots = {{"1", "23:00", "Pacific/Honolulu"},
                                       {"2", "01:00", "Pacific/Auckland"},
                                       {"12", "12:00", "UTC"}};
  EXPECT_THAT(slot_instants(slots, at("2026-11-22T00:00:00Z"), 4, 30),
              ElementsAre(at("2026-11-23T12:00:00Z"), at("2026-11-24T09:00:00Z"),
                          at("2026-11-24T12:00:00Z"), at("2026-11-30T12:00:00Z")));
}

TEST(SlotInstants, EveryInstantOnceAndStrictlyLater) {
  const std::vector<SlotTime> same = {{"1", "09:00", "Europe/Paris"}, {"12", "08:00", "UTC"}};
  EXPECT_THAT(slot_instants(same, at("2026-11-23T08:00:00Z"), 2, 30),
              ElementsAre(at("2026-11-24T08:00:00Z"), at("2026-11-30T08:00:00Z")));
  EXPECT_TRUE(slot_instants({}, at("2026-11-23T08:00:00Z"), 2, 30).empty());
}

TEST(ClockNote, SaysWhatBecomesOfATimeInTheNightOfAChange) {
  EXPECT_EQ(clock_note("2027-03-28T02:30", "Europe/Berlin"),
            "02:30 does not exist on that day: the clock goes forward. It goes out at 03:30.");
  EXPECT_EQ(clock_note("2027-10-03 02:15:00", "Australia/Lord_Howe"),
            "02:15 does not exist on that day: the clock goes forward. It goes out at 02:45.");
  EXPECT_EQ(
      clock_note("2027-11-07T01:30", "America/New_York"),
      "01:30 comes twice on that day: the clock goes back. It goes out once, the first time.");
  EXPECT_EQ(clock_note("2027-03-28T01:59", "Europe/Berlin"), "");
  EXPECT_EQ(clock_note("2027-03-28T03:00", "Europe/Berlin"), "");
  EXPECT_EQ(clock_note("2027-10-31T03:00", "Europe/Berlin"), "");
}

TEST(DerivePostState, MostPressingNewsFirst) {
  using enum TargetState;
  EXPECT_EQ(derive_post_state({}), PostState::draft);
  EXPECT_EQ(derive_post_state({published, published}), PostState::published);
  EXPECT_EQ(derive_post_state({published, rejected}), PostState::partly_published);
  EXPECT_EQ(derive_post_state({published, scheduled}), PostState::publishing);
  EXPECT_EQ(derive_post_state({scheduled, paused}), PostState::scheduled);
  EXPECT_EQ(derive_post_state({published, needs_decision}), PostState::needs_decision);
  EXPECT_EQ(derive_post_state({unknown, scheduled}), PostState::publishing);
  EXPECT_EQ(derive_post_state({rejected, cancelled}), PostState::failed);
  EXPECT_EQ(derive_post_state({cancelled, cancelled}), PostState::cancelled);
}

}  // namespace
}  // namespace posts
