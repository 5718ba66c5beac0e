#include "posts/image_header.h"

namespace posts {

namespace {

// Reads past the end as nothing, so that every parser below is safe on cut-off input.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  bool has(std::size_t at, std::size_t count) const {
    return at <= bytes_.size() && bytes_.size() - at >= count;
  }
  std::uint32_t byte(std::size_t at) const {
    return has(at, 1) ? static_cast<unsigned char>(bytes_[at]) : 0;
  }
  std::uint32_t big(std::size_t at, int count) const {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | byte(at + static_cast<std::size_t>(i));
    return value;
  }
  std::uint32_t little(std::size_t at, int count) const {
    std::uint32_t value = 0;
    for (int i = count - 1; i >= 0; --i) {
      value = value << 8 | byte(at + static_cast<std::size_t>(i));
    }
    return value;
  }
  bool text(std::size_t at, std::string_view expected) const {
    return has(at, expected.size()) && bytes_.substr(at, expected.size()) == expected;
  }

 private:
  std::string_view bytes_;
};

std::optional<ImageHeader> made(std::string_view type, std::uint32_t width, std::uint32_t height) {
  if (width == 0 || height == 0) return std::nullopt;
  return ImageHeader{.content_type = type, .width = width, .height = height};
}

std::optional<ImageHeader> png(const Bytes& in) {
  if (!in.text(12, "IHDR") || !in.has(16, 8)) return std::nullopt;
  return made("image/png", in.big(16, 4), in.big(20, 4));
}

std::optional<ImageHeader> gif(const Bytes& in) {
  if (!in.has(6, 4)) return std::nullopt;
  return made("image/gif", in.little(6, 2), in.little(8, 2));
}

bool is_frame(std::uint32_t marker) {
  // SOF0..SOF15 without DHT, JPG and DAC, which share the range.
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

std::optional<ImageHeader> jpeg(const Bytes& in) {
  std::size_t at = 2;
  while (in.has(at, 4)) {
    if (in.byte(at) != 0xFF) return std::nullopt;
    const std::uint32_t marker = in.byte(at + 1);
    if (marker == 0xFF) {  // a fill byte
      ++at;
      continue;
    }
    if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7)) {  // no length
      at += 2;
      continue;
    }
    const std::uint32_t length = in.big(at + 2, 2);
    if (length < 2 || marker == 0xD9 || marker == 0xDA) return std::nullopt;
    if (is_frame(marker)) {
      if (!in.has(at + 5, 4)) return std::nullopt;
      return made("image/jpeg", in.big(at + 7, 2), in.big(at + 5, 2));
    }
    at += 2 + length;
  }
  return std::nullopt;
}

std::optional<ImageHeader> webp(const Bytes& in) {
  if (in.text(12, "VP8X") && in.has(24, 6)) {
    return made("image/webp", in.little(24, 3) + 1, in.little(27, 3) + 1);
  }
  if (in.text(12, "VP8L") && in.byte(20) == 0x2F && in.has(21, 4)) {
    const std::uint32_t bits = in.little(21, 4);
    return made("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1);
  }
  if (in.text(12, "VP8 ") && in.text(23, "\x9D\x01\x2A") && in.has(26, 4)) {
    return made("image/webp", in.little(26, 2) & 0x3FFF, in.little(28, 2) & 0x3FFF);
  }
  return std::nullopt;
}

}  // namespace

std::optional<ImageHeader> read_image_header(std::string_view bytes) {
  const Bytes in(bytes);
  if (in.text(0, "\x89PNG\r\n\x1A\n")) return png(in);
  if (in.text(0, "GIF87a") || in.text(0, "GIF89a")) return gif(in);
  if (in.text(0, "\xFF\xD8\xFF")) return jpeg(in);
  if (in.text(0, "RIFF") && in.text(8, "WEBP")) return webp(in);
  return std::nullopt;
}

}  // namespace posts
