#include "posts/when.h"

#include "posts/image_header.h"
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

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (int value : values) text += static_cast<char>(value);
  return text;
}

TEST(ImageHeader, ReadsTheFourTypes) {
  const std::string jpeg =
      bytes({0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xC2, 0, 17, 8, 1, 0, 2, 0});
  const std::string gif = "GIF89a" + bytes({0x20, 0, 0x10, 0});
  const std::string webp =
      std::string("RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0", 24) + bytes({31, 0, 0, 15, 0, 0});
  EXPECT_EQ(read_image_header(jpeg)->width, 512);
  EXPECT_EQ(read_image_header(jpeg)->height, 256);
  EXPECT_EQ(read_image_header(gif)->width, 32);
  EXPECT_EQ(read_image_header(webp)->width, 32);
  EXPECT_EQ(read_image_header(webp)->height, 16);
  EXPECT_EQ(read_image_header(webp)->content_type, "image/webp");
}

TEST(ImageHeader, EveryCutOffPieceIsSafelyRefused) {
  const std::string jpeg =
      bytes({0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xC2, 0, 17, 8, 1, 0, 2, 0});
  for (std::size_t size = 0; size < jpeg.size(); ++size) {
    EXPECT_FALSE(read_image_header(jpeg.substr(0, size))) << size;
  }
  EXPECT_FALSE(read_image_header("<svg xmlns='http://www.w3.org/2000/svg'/>"));
  EXPECT_FALSE(read_image_header("GIF89a" + bytes({0, 0, 0x10, 0})));
  EXPECT_FALSE(read_image_header(bytes({0xFF, 0xD8, 0xFF, 0xE0, 0, 0})));
}

}  // namespace
}  // namespace posts
