#include "media/fit.h"

#include "base/text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace media {

namespace {

constexpr std::array<std::string_view, 3> makeable{"image/jpeg", "image/png", "image/webp"};

// What of the limits it breaks, in words behind "is"; empty when it fits.
std::string too_much(const MediaItem& item, const networks::Limits& limits) {
  if (limits.image_bytes_max > 0 && item.bytes > limits.image_bytes_max) {
    return "larger than " + in_megabytes(limits.image_bytes_max);
  }
  const std::int64_t side = std::max(item.width, item.height);
  if (limits.image_side_max > 0 && side > limits.image_side_max) {
    return fmt::format("more than {} pixels on a side", limits.image_side_max);
  }
  if (limits.image_pixels_max > 0 && item.width * item.height > limits.image_pixels_max) {
    return fmt::format("more than {} megapixels", limits.image_pixels_max / 1'000'000);
  }
  return {};
}

bool takes_type(const networks::Limits& limits, std::string_view type) {
  return limits.media_types.empty() ||
         std::ranges::find(limits.media_types, type) != limits.media_types.end();
}

std::string short_name(std::string_view type) {
  if (type == "image/jpeg") return "JPEG";
  if (type == "image/png") return "PNG";
  if (type == "image/gif") return "GIF";
  return "WebP";
}

Conversion conversion_for(const networks::Limits& limits) {
  Conversion conversion{.types = {},
                        .bytes_max = limits.image_bytes_max,
                        .side_max = limits.image_side_max,
                        .pixels_max = limits.image_pixels_max};
  for (const std::string_view type : makeable) {
    if (takes_type(limits, type)) conversion.types.emplace_back(type);
  }
  return conversion;
}

}  // namespace

std::string in_megabytes(std::int64_t bytes) {
  if (bytes < 1'000'000) return fmt::format("{} kB", bytes / 1'000);
  if (bytes % 1'000'000 < 100'000) return fmt::format("{} MB", bytes / 1'000'000);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes / 100'000) / 10);
}

std::string Conversion::recipe() const {
  // The number changes with what the converter makes of the same request.
  return fmt::format("1 {} b{} s{} p{}", base::join(types, ","), bytes_max, side_max, pixels_max);
}

Fit fit(const MediaItem& item, const networks::Limits& limits, Converting converting) {
  const std::string excess = too_much(item, limits);
  const bool other_type = !takes_type(limits, item.content_type);
  const bool must = !excess.empty() || other_type;
  if (!must && (!item.metadata || item.animated)) return {};

  std::string problem = !excess.empty() ? "is " + excess : "is a " + short_name(item.content_type);
  const auto refuse = [&problem](std::string_view why) {
    return Fit{.kind = Fit::Kind::impossible, .reason = problem + std::string(why)};
  };
  Conversion conversion = conversion_for(limits);
  const bool possible = converting == Converting::possible && !conversion.types.empty();
  if (!must && !possible) return {};
  if (item.animated) return refuse(", and moving pictures are not converted");
  if (conversion.types.empty()) return refuse(", which is not taken here");
  if (!possible) return refuse(", and this server has no converter for pictures");

  std::string notice;
  if (!excess.empty()) {
    notice = "is made smaller, because it is " + excess;
  } else if (other_type) {
    notice = "is sent as another type than " + short_name(item.content_type);
  }
  return {
      .kind = Fit::Kind::convert, .conversion = std::move(conversion), .reason = std::move(notice)};
}

}  // namespace media
