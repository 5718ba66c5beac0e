// What an image is by its own bytes: type and size in pixels, from the header alone. Nothing is
// decoded; the name and the Content-Type that came with the upload are not believed. Pure, bounded
// by the bytes given.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace posts {

struct ImageHeader {
  std::string_view content_type;  // image/png, image/jpeg, image/gif or image/webp
  std::int64_t width = 0;
  std::int64_t height = 0;
};

// Nothing when it is none of the four, or cut off, or has no size.
std::optional<ImageHeader> read_image_header(std::string_view bytes);

}  // namespace posts
