// Hostile files: no read beyond the bytes, no endless walk, and sizes only from what is there.
#include "base/check.h"
#include "media/image_header.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto header = media::read_image_header(bytes);
  if (header) {
    CHECK(header->width > 0 && header->height > 0);
    CHECK(media::begins_like_an_image(bytes));
  }
  return 0;
}
