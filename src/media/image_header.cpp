#include "media/image_header.h"

namespace media {

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

std::optional<ImageHeader> made(ImageHeader header) {
  if (header.width == 0 || header.height == 0) return std::nullopt;
  return header;
}

// Chunks until the pixels begin; what describes the picture may also stand behind them.
std::optional<ImageHeader> png(const Bytes& in) {
  if (!in.text(12, "IHDR") || !in.has(16, 8)) return std::nullopt;
  ImageHeader header{.content_type = "image/png", .width = in.big(16, 4), .height = in.big(20, 4)};
  for (std::size_t at = 8; in.has(at, 8);) {
    if (in.text(at + 4, "acTL")) header.animated = true;
    for (const std::string_view words : {"eXIf", "tEXt", "zTXt", "iTXt", "tIME"}) {
      if (in.text(at + 4, words)) header.metadata = true;
    }
    at += std::size_t{12} + in.big(at, 4);
  }
  return made(header);
}

// Behind the sub-blocks that begin at `at`.
std::size_t gif_blocks_end(const Bytes& in, std::size_t at) {
  while (in.byte(at) != 0) at += 1 + in.byte(at);
  return at + 1;
}

std::size_t gif_table_bytes(std::uint32_t flags) {
  return (flags & 0x80) != 0 ? std::size_t{3} << ((flags & 7) + 1) : 0;
}

std::optional<ImageHeader> gif(const Bytes& in) {
  if (!in.has(6, 4)) return std::nullopt;
  ImageHeader header{
      .content_type = "image/gif", .width = in.little(6, 2), .height = in.little(8, 2)};
  int pictures = 0;
  std::size_t at = 13 + gif_table_bytes(in.byte(10));
  while (in.has(at, 1) && pictures < 2) {
    if (in.byte(at) == 0x21) {  // an extension
      at = gif_blocks_end(in, at + 2);
    } else if (in.byte(at) == 0x2C) {  // a picture
      ++pictures;
      at = gif_blocks_end(in, at + 11 + gif_table_bytes(in.byte(at + 9)));
    } else {
      break;
    }
  }
  header.animated = pictures > 1;
  return made(header);
}

// The Orientation tag of the TIFF structure in an Exif segment; 1 when there is none.
std::uint32_t exif_orientation(const Bytes& in, std::size_t tiff, std::size_t end) {
  const bool little = in.text(tiff, "II");
  if (!little && !in.text(tiff, "MM")) return 1;
  const auto number = [&](std::size_t at, int count) {
    return little ? in.little(at, count) : in.big(at, count);
  };
  const std::size_t directory = tiff + number(tiff + 4, 4);
  const std::uint32_t entries = number(directory, 2);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + std::size_t{12} * i;
    if (entry + 12 > end) return 1;
    if (number(entry, 2) != 0x0112) continue;
    const std::uint32_t value = number(entry + 8, 2);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

bool is_frame(std::uint32_t marker) {
  // SOF0..SOF15 without DHT, JPG and DAC, which share the range.
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

void read_jpeg_segment(const Bytes& in, std::uint32_t marker, std::size_t at, std::size_t end,
                       ImageHeader& header) {
  if (marker == 0xE1 || marker == 0xED || marker == 0xFE) header.metadata = true;
  if (marker == 0xE1 && in.text(at + 4, std::string_view("Exif\0\0", 6))) {
    header.sideways = exif_orientation(in, at + 10, end) >= 5;
  }
}

std::optional<ImageHeader> jpeg(const Bytes& in) {
  ImageHeader header{.content_type = "image/jpeg"};
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
    if (length < 2 || marker == 0xD9) return std::nullopt;
    if (marker == 0xDA) return made(header);  // the pixels
    if (is_frame(marker) && header.width == 0) {
      if (!in.has(at + 5, 4)) return std::nullopt;
      header.width = in.big(at + 7, 2);
      header.height = in.big(at + 5, 2);
    }
    read_jpeg_segment(in, marker, at, at + 2 + length, header);
    at += 2 + length;
  }
  return made(header);
}

std::optional<ImageHeader> webp(const Bytes& in) {
  if (in.text(12, "VP8X") && in.has(24, 6)) {
    const std::uint32_t flags = in.byte(20);
    return made({.content_type = "image/webp",
                 .width = in.little(24, 3) + 1,
                 .height = in.little(27, 3) + 1,
                 .animated = (flags & 0x02) != 0,
                 .metadata = (flags & 0x0C) != 0});
  }
  if (in.text(12, "VP8L") && in.byte(20) == 0x2F && in.has(21, 4)) {
    const std::uint32_t bits = in.little(21, 4);
    return made({.content_type = "image/webp",
                 .width = (bits & 0x3FFF) + 1,
                 .height = (bits >> 14 & 0x3FFF) + 1});
  }
  if (in.text(12, "VP8 ") && in.text(23, "\x9D\x01\x2A") && in.has(26, 4)) {
    return made({.content_type = "image/webp",
                 .width = in.little(26, 2) & 0x3FFF,
                 .height = in.little(28, 2) & 0x3FFF});
  }
  return std::nullopt;
}

}  // namespace

bool is_complete_image(std::string_view bytes, const ImageHeader& header) {
  const auto has = [bytes](std::string_view end) {
    return bytes.rfind(end) != std::string_view::npos;
  };
  if (header.content_type == "image/jpeg") return has("\xFF\xD9");
  if (header.content_type == "image/png") return has("IEND");
  if (header.content_type == "image/gif") return has("\x3B");
  return Bytes(bytes).little(4, 4) + std::size_t{8} <= bytes.size();
}

bool begins_like_an_image(std::string_view bytes) {
  const Bytes in(bytes);
  return in.text(0, "\x89PNG\r\n\x1A\n") || in.text(0, "GIF87a") || in.text(0, "GIF89a") ||
         in.text(0, "\xFF\xD8\xFF") || (in.text(0, "RIFF") && in.text(8, "WEBP"));
}

std::optional<ImageHeader> read_image_header(std::string_view bytes) {
  const Bytes in(bytes);
  if (in.text(0, "\x89PNG\r\n\x1A\n")) return png(in);
  if (in.text(0, "GIF87a") || in.text(0, "GIF89a")) return gif(in);
  if (in.text(0, "\xFF\xD8\xFF")) return jpeg(in);
  if (in.text(0, "RIFF") && in.text(8, "WEBP")) return webp(in);
  return std::nullopt;
}

}  // namespace media
