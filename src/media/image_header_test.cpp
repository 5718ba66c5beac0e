#include "media/image_header.h"

#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace media {
namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (int value : values) text += static_cast<char>(value);
  return text;
}

std::string picture(const std::string& name) {
  std::ifstream file(std::string(SOURCE_DIR) + "/tests/pictures/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
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

TEST(ImageHeader, SaysWhatMovesWhatTalksAndWhatLiesOnItsSide) {
  const auto photo = read_image_header(picture("photo.jpg"));
  EXPECT_EQ(photo->width, 640);
  EXPECT_FALSE(photo->animated || photo->sideways);
  const auto sideways = read_image_header(picture("sideways.jpg"));
  EXPECT_TRUE(sideways->metadata);
  EXPECT_TRUE(sideways->sideways);
  EXPECT_EQ(sideways->width, 80);
  EXPECT_TRUE(read_image_header(picture("glass.png"))->metadata);
  EXPECT_FALSE(read_image_header(picture("glass.png"))->animated);
  EXPECT_TRUE(read_image_header(picture("moving.gif"))->animated);
  EXPECT_TRUE(read_image_header(picture("moving.webp"))->animated);
  for (const char* name : {"photo.jpg", "glass.png", "moving.gif", "moving.webp"}) {
    const std::string whole = picture(name);
    EXPECT_TRUE(is_complete_image(whole, *read_image_header(whole))) << name;
    EXPECT_TRUE(begins_like_an_image(whole.substr(0, 12))) << name;
  }
  for (const char* name : {"photo.jpg", "glass.png", "moving.webp"}) {
    const std::string half = picture(name).substr(0, picture(name).size() * 3 / 4);
    EXPECT_FALSE(is_complete_image(half, *read_image_header(half))) << name;
  }
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
  EXPECT_FALSE(begins_like_an_image("<html><body>"));
}

// The fuzzer's little sister, in every run: each byte of each kind of file damaged, each cut.
TEST(ImageHeader, DamagedFilesAreReadWithinTheirBounds) {
  for (const char* name : {"sideways.jpg", "moving.gif", "moving.webp", "glass.png"}) {
    const std::string whole = picture(name).substr(0, 1'200);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int value : {0x00, 0xFF, 0x80}) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(value);
        const auto header = read_image_header(damaged);
        if (header) EXPECT_GT(header->width * header->height, 0);
      }
      const auto cut = read_image_header(whole.substr(0, at));
      if (cut) EXPECT_GT(cut->width * cut->height, 0);
    }
  }
}

}  // namespace
}  // namespace media
