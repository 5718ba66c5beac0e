// What an image is by its own bytes: type, size in pixels, whether it moves and whether it says
// more than what can be seen (Exif with its GPS position, XMP, comments). Nothing is decoded; the
// name and the Content-Type that came with the upload are not believed. Pure, bounded by the bytes
// given.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace media {

struct ImageHeader {
  std::string_view content_type;  // image/png, image/jpeg, image/gif or image/webp
  std::int64_t width = 0;         // as stored, before `sideways`
  std::int64_t height = 0;
  bool animated = false;
  bool metadata = false;  // holds what a camera or an editor noted
  bool sideways = false;  // shown turned by a quarter, so that width and height change places
};

// Nothing when it is none of the four, or cut off, or has no size.
std::optional<ImageHeader> read_image_header(std::string_view bytes);

// Its end is there too: a file that was cut off on the way still shows half a picture.
bool is_complete_image(std::string_view bytes, const ImageHeader& header);

// By the first twelve bytes alone: for refusing the rest of an upload early.
bool begins_like_an_image(std::string_view bytes);

}  // namespace media
