#include "convert/picture.h"

#include <fstream>
#include <iterator>
#include <memory>

#include <gtest/gtest.h>
#include <vips/vips.h>

namespace convert {
namespace {

struct Facts {
  std::string loader;
  int width = 0;
  int height = 0;
  int bands = 0;
  bool camera = false;
  bool position = false;
  bool profile = false;
};

Facts facts_of(const std::string& bytes) {
  VipsImage* image = vips_image_new_from_buffer(bytes.data(), bytes.size(), "", nullptr);
  if (image == nullptr) return {};
  const char* loader = "";
  vips_image_get_string(image, VIPS_META_LOADER, &loader);
  Facts facts{.loader = loader,
              .width = vips_image_get_width(image),
              .height = vips_image_get_height(image),
              .bands = vips_image_get_bands(image),
              .camera = vips_image_get_typeof(image, "exif-ifd0-Make") != 0,
              .position = vips_image_get_typeof(image, "exif-ifd3-GPSLatitude") != 0,
              .profile = vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0};
  g_object_unref(image);
  return facts;
}

class PictureTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(start_library()); }
  static std::string picture(const std::string& name) {
    std::ifstream file(std::string(SOURCE_DIR) + "/tests/pictures/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(PictureTest, FitsTheBytesAsWellAsItCan) {
  const std::string source = picture("photo.jpg");
  for (const std::int64_t most : {100'000, 20'000, 3'000}) {
    const auto copy = make_copy(source, {.types = {"image/jpeg"}, .bytes_max = most});
    ASSERT_TRUE(copy.has_value()) << most;
    EXPECT_LE(copy->size(), static_cast<std::size_t>(most));
    // No more is given up than has to be.
    EXPECT_GT(copy->size(), static_cast<std::size_t>(most) / 2) << most;
  }
}

TEST_F(PictureTest, KeepsSidesAndPixelsAndNeverGrows) {
  const std::string source = picture("photo.jpg");  // 640 x 480
  const auto narrow = make_copy(source, {.types = {"image/png"}, .side_max = 100});
  EXPECT_EQ(facts_of(*narrow).width, 100);
  EXPECT_EQ(facts_of(*narrow).height, 75);
  EXPECT_EQ(facts_of(*narrow).loader, "pngload_buffer");
  const auto small = make_copy(source, {.types = {"image/webp"}, .pixels_max = 10'000});
  EXPECT_LE(facts_of(*small).width * facts_of(*small).height, 10'000);
  EXPECT_GT(facts_of(*small).width * facts_of(*small).height, 9'000);
  const auto same = make_copy(source, {.types = {"image/jpeg"}, .side_max = 5'000});
  EXPECT_EQ(facts_of(*same).width, 640);
}

TEST_F(PictureTest, StandsUprightAndSaysNothingOfTheCamera) {
  const std::string source = picture("sideways.jpg");
  ASSERT_TRUE(facts_of(source).camera && facts_of(source).position);
  ASSERT_EQ(facts_of(source).width, 80);
  for (const char* type : {"image/jpeg", "image/png", "image/webp"}) {
    const auto copy = make_copy(source, {.types = {type}});
    ASSERT_TRUE(copy.has_value()) << type;
    EXPECT_EQ(facts_of(*copy).width, 40) << type;
    EXPECT_EQ(facts_of(*copy).height, 80) << type;
    EXPECT_FALSE(facts_of(*copy).camera || facts_of(*copy).position) << type;
    EXPECT_FALSE(facts_of(*copy).profile) << type;
    EXPECT_EQ(copy->find("Camera"), std::string::npos) << type;
  }
}

TEST_F(PictureTest, KeepsTransparencyWhereTheTypeCan) {
  const std::string source = picture("glass.png");
  ASSERT_EQ(facts_of(source).bands, 4);
  EXPECT_EQ(facts_of(*make_copy(source, {.types = {"image/jpeg", "image/png"}})).bands, 4);
  EXPECT_EQ(facts_of(*make_copy(source, {.types = {"image/jpeg", "image/webp"}})).bands, 4);
  EXPECT_EQ(facts_of(*make_copy(source, {.types = {"image/jpeg"}})).bands, 3);
}

TEST_F(PictureTest, RefusesWhatCannotBe) {
  const std::string source = picture("photo.jpg");
  EXPECT_EQ(make_copy(source, {.types = {"image/jpeg"}, .bytes_max = 100}).error(),
            Refusal::unfittable);
  EXPECT_EQ(make_copy(source.substr(0, 300), {.types = {"image/jpeg"}}).error(),
            Refusal::unreadable);
  for (const std::string_view hostile : {"", "GIF89a", "<svg xmlns='http://www.w3.org/2000/svg'/>",
                                         "%PDF-1.4", "II*\0\0\0", "P5 9 9 255 ", "#?RADIANCE"}) {
    const auto copy = make_copy(hostile, {.types = {"image/jpeg"}});
    ASSERT_FALSE(copy.has_value()) << hostile;
    EXPECT_EQ(copy.error(), Refusal::unreadable) << hostile;
  }
}

TEST_F(PictureTest, LetsOnlyTheFourDecodersNearTheBytes) {
  VipsImage* black = nullptr;
  ASSERT_EQ(vips_black(&black, 8, 8, nullptr), 0);
  for (const char* suffix : {".tif", ".ppm", ".v"}) {
    void* bytes = nullptr;
    std::size_t size = 0;
    if (vips_image_write_to_buffer(black, suffix, &bytes, &size, nullptr) != 0) continue;
    EXPECT_FALSE(make_copy({static_cast<const char*>(bytes), size}, {.types = {"image/jpeg"}}))
        << suffix;
    g_free(bytes);
  }
  g_object_unref(black);
}

}  // namespace
}  // namespace convert
