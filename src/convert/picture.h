// A picture that keeps given limits, made of another: turned upright, in sRGB, without Exif, XMP,
// comments and colour profile, never larger than its source, as good as the bytes allow.
//
// Only the decoders of JPEG, PNG, WebP and GIF are let near the bytes. libvips underneath; one
// thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace convert {

struct Request {
  std::vector<std::string> types;  // "image/jpeg", "image/png", "image/webp": any of them
  std::int64_t bytes_max = 0;      // 0 = none, as below
  std::int64_t side_max = 0;
  std::int64_t pixels_max = 0;
};

enum class Refusal { unreadable, unfittable };

// Once, before the first copy; false when the library cannot start.
bool start_library();

std::expected<std::string, Refusal> make_copy(std::string_view bytes, const Request& request);

}  // namespace convert
