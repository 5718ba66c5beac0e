#include "media/fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace media {
namespace {

using enum Fit::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

MediaItem photo() {
  return {.content_type = "image/png", .bytes = 3'000'000, .width = 4'000, .height = 3'000};
}

const networks::Limits bluesky{
    .image_bytes_max = 2'000'000,
    .media_types = {"image/jpeg", "image/png", "image/webp", "image/gif"}};

TEST(Fit, LeavesAloneWhatFits) {
  EXPECT_EQ(fit(photo(), {}, Converting::possible).kind, as_it_is);
  MediaItem small = photo();
  small.bytes = 2'000'000;
  EXPECT_EQ(fit(small, bluesky, Converting::possible).kind, as_it_is);
}

TEST(Fit, ConvertsWhatIsTooMuchAndSaysSo) {
  const Fit made = fit(photo(), bluesky, Converting::possible);
  EXPECT_EQ(made.kind, convert);
  EXPECT_EQ(made.reason, "is made smaller, because it is larger than 2 MB");
  EXPECT_EQ(made.conversion.bytes_max, 2'000'000);
  EXPECT_THAT(made.conversion.types, ElementsAre("image/jpeg", "image/png", "image/webp"));
  EXPECT_THAT(fit(photo(), {.image_side_max = 2'000}, Converting::possible).reason,
              HasSubstr("more than 2000 pixels on a side"));
  EXPECT_THAT(fit(photo(), {.image_pixels_max = 8'000'000}, Converting::possible).reason,
              HasSubstr("more than 8 megapixels"));
  EXPECT_THAT(fit(photo(), {.media_types = {"image/jpeg"}}, Converting::possible).reason,
              HasSubstr("is sent as another type than PNG"));
}

TEST(Fit, CleansWithoutAWord) {
  MediaItem noted = photo();
  noted.metadata = true;
  const Fit made = fit(noted, {}, Converting::possible);
  EXPECT_EQ(made.kind, convert);
  EXPECT_EQ(made.reason, "");
  EXPECT_EQ(fit(noted, {}, Converting::impossible).kind, as_it_is);
}

TEST(Fit, RefusesWhatCannotBeDone) {
  MediaItem moving = photo();
  moving.animated = true;
  EXPECT_EQ(fit(moving, {}, Converting::possible).kind, as_it_is);
  EXPECT_EQ(fit(moving, bluesky, Converting::possible).reason,
            "is larger than 2 MB, and moving pictures are not converted");
  EXPECT_EQ(fit(photo(), bluesky, Converting::impossible).kind, impossible);
  EXPECT_THAT(fit(photo(), bluesky, Converting::impossible).reason, HasSubstr("no converter"));
  EXPECT_EQ(fit(photo(), {.media_types = {"image/heic"}}, Converting::possible).kind, impossible);
}

TEST(Fit, NamesEveryRecipeDifferently) {
  const Conversion one{.types = {"image/jpeg"}, .bytes_max = 1};
  Conversion other = one;
  other.pixels_max = 1;
  EXPECT_NE(one.recipe(), other.recipe());
  EXPECT_EQ(one.recipe(), Conversion(one).recipe());
  EXPECT_EQ(in_megabytes(976'560), "976 kB");
  EXPECT_EQ(in_megabytes(2'500'000), "2.5 MB");
}

}  // namespace
}  // namespace media
