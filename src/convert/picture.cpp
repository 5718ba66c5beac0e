#include "convert/picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <optional>

#include <vips/vips.h>

namespace convert {

namespace {

constexpr std::int64_t source_pixels_max = 100'000'000;
constexpr int side_min = 16;
constexpr int rounds_max = 10;
// JPEG and WebP above this quality only grow, below it they look it: then fewer pixels look better.
constexpr std::array qualities{90, 82, 74};
// No photograph is that small: the first guess where the source has too many bytes.
constexpr std::int64_t pixels_per_byte = 12;

struct Unref {
  void operator()(VipsImage* image) const { g_object_unref(image); }
};
using Image = std::unique_ptr<VipsImage, Unref>;

struct Size {
  int width = 0;
  int height = 0;
};

bool wants(const Request& request, std::string_view type) {
  return std::ranges::find(request.types, type) != request.types.end();
}

Image open(std::string_view bytes) {
  return Image(vips_image_new_from_buffer(bytes.data(), bytes.size(), "", "access",
                                          VIPS_ACCESS_SEQUENTIAL, nullptr));
}

bool lies_sideways(VipsImage* image) { return vips_image_get_orientation(image) >= 5; }

// The largest size that the limits allow, as far as that can be told before encoding.
Size largest(Size source, std::int64_t bytes, const Request& request) {
  double scale = 1;
  const int side = std::max(source.width, source.height);
  const double pixels = static_cast<double>(source.width) * source.height;
  if (request.side_max > 0) scale = std::min(scale, static_cast<double>(request.side_max) / side);
  if (request.pixels_max > 0) {
    scale = std::min(scale, std::sqrt(static_cast<double>(request.pixels_max) / pixels));
  }
  if (request.bytes_max > 0 && bytes > request.bytes_max) {
    const double bound = static_cast<double>(request.bytes_max) * pixels_per_byte;
    scale = std::min(scale, std::sqrt(bound / pixels));
  }
  return {std::max(1, static_cast<int>(source.width * scale)),
          std::max(1, static_cast<int>(source.height * scale))};
}

// All that is not pixels: not every encoder heeds "strip". sRGB goes without saying.
void forget_everything(VipsImage* image) {
  gchar** names = vips_image_get_fields(image);
  for (gchar** name = names; name != nullptr && *name != nullptr; ++name) {
    vips_image_remove(image, *name);
  }
  g_strfreev(names);
}

// Decoded at that size, upright and in sRGB; in memory, for it may be encoded several times.
Image scaled(std::string_view bytes, Size size) {
  VipsImage* made = nullptr;
  if (vips_thumbnail_buffer(const_cast<char*>(bytes.data()), bytes.size(), &made, size.width,
                            "height", size.height, "size", VIPS_SIZE_DOWN, "export_profile", "srgb",
                            nullptr) != 0) {
    return nullptr;
  }
  const Image lazy(made);
  Image image(vips_image_copy_memory(lazy.get()));
  if (image) forget_everything(image.get());
  return image;
}

bool is_opaque(VipsImage* image) {
  if (!vips_image_hasalpha(image)) return true;
  VipsImage* made = nullptr;
  if (vips_extract_band(image, &made, vips_image_get_bands(image) - 1, nullptr) != 0) return false;
  const Image alpha(made);
  double least = 0;
  return vips_min(alpha.get(), &least, nullptr) == 0 && least >= 255;
}

// JPEG knows no transparency: what shines through is white.
Image on_white(VipsImage* image) {
  VipsImage* made = nullptr;
  const std::array white{255.0, 255.0, 255.0};
  VipsArrayDouble* background = vips_array_double_new(white.data(), white.size());
  const int failed = vips_flatten(image, &made, "background", background, nullptr);
  vips_area_unref(VIPS_AREA(background));
  return failed != 0 ? nullptr : Image(made);
}

std::optional<std::string> encoded(VipsImage* image, std::string_view type, int quality) {
  void* bytes = nullptr;
  std::size_t size = 0;
  int failed = 0;
  if (type == "image/png") {
    failed = vips_pngsave_buffer(image, &bytes, &size, "compression", 9, "strip", TRUE, nullptr);
  } else if (type == "image/webp") {
    failed = vips_webpsave_buffer(image, &bytes, &size, "Q", quality, "strip", TRUE, nullptr);
  } else {
    const Image flat = vips_image_hasalpha(image) ? on_white(image) : nullptr;
    failed = vips_jpegsave_buffer(flat ? flat.get() : image, &bytes, &size, "Q", quality,
                                  "optimize_coding", TRUE, "strip", TRUE, nullptr);
  }
  if (failed != 0) return std::nullopt;
  std::string text(static_cast<const char*>(bytes), size);
  g_free(bytes);
  return text;
}

// What to try, best first: the type it has, then what is small. Transparency is kept where it can.
std::vector<std::string_view> types_for(const Request& request, bool opaque, bool was_png) {
  std::vector<std::string_view> order;
  const auto add = [&](std::string_view type) {
    if (wants(request, type) && std::ranges::find(order, type) == order.end())
      order.push_back(type);
  };
  if (was_png) add("image/png");
  if (opaque) add("image/jpeg");
  add("image/webp");
  if (!opaque) add("image/png");
  add("image/jpeg");
  add("image/png");
  return order;
}

struct Attempt {
  std::string bytes;  // the smallest of those tried
  bool fits = false;
};

// PNG is tried once, at the size wanted: where it is too large, smaller pixels of another type look
// better. It stands alone only where nothing else is taken.
Attempt encode_to_fit(VipsImage* image, const std::vector<std::string_view>& types,
                      std::int64_t bytes_max) {
  Attempt best;
  const auto take = [&](std::optional<std::string> bytes) {
    if (!bytes) return false;
    const bool fits = bytes_max == 0 || static_cast<std::int64_t>(bytes->size()) <= bytes_max;
    if (best.bytes.empty() || fits || bytes->size() < best.bytes.size()) {
      best = {.bytes = std::move(*bytes), .fits = fits};
    }
    return fits;
  };
  for (const std::string_view type : types) {
    if (type == "image/png") {
      if (take(encoded(image, type, 0))) return best;
      continue;
    }
    for (const int quality : qualities) {
      if (take(encoded(image, type, quality))) return best;
    }
    break;  // the next lossy type would be no better, fewer pixels are
  }
  return best;
}

}  // namespace

bool start_library() {
  // Nothing may want a temporary file: there will be no more files.
  ::setenv("VIPS_DISC_THRESHOLD", "4g", 1);
  if (vips_init("socialtrend-convert") != 0) return false;
  vips_concurrency_set(1);
  vips_cache_set_max(0);
  vips_operation_block_set("VipsForeignLoad", TRUE);
  for (const char* trusted : {"VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp",
                              "VipsForeignLoadNsgif"}) {
    vips_operation_block_set(trusted, FALSE);
  }
  return true;
}

std::expected<std::string, Refusal> make_copy(std::string_view bytes, const Request& request) {
  const std::unexpected unreadable(Refusal::unreadable);
  const Image source = open(bytes);
  if (!source) return unreadable;
  Size size{vips_image_get_width(source.get()), vips_image_get_height(source.get())};
  if (static_cast<std::int64_t>(size.width) * size.height > source_pixels_max) return unreadable;
  if (lies_sideways(source.get())) std::swap(size.width, size.height);
  const bool was_png = bytes.starts_with("\x89PNG");
  size = largest(size, static_cast<std::int64_t>(bytes.size()), request);
  for (int round = 0; round < rounds_max; ++round) {
    const Image image = scaled(bytes, size);
    if (!image) return unreadable;
    const auto types = types_for(request, is_opaque(image.get()), was_png);
    Attempt attempt = encode_to_fit(image.get(), types, request.bytes_max);
    if (attempt.bytes.empty()) return unreadable;
    if (attempt.fits) return std::move(attempt.bytes);
    const double excess =
        static_cast<double>(request.bytes_max) / static_cast<double>(attempt.bytes.size());
    const double scale = std::clamp(std::sqrt(excess) * 0.95, 0.3, 0.9);
    if (std::min(size.width, size.height) * scale < side_min) break;
    size = {static_cast<int>(size.width * scale), static_cast<int>(size.height * scale)};
  }
  return std::unexpected(Refusal::unfittable);
}

}  // namespace convert
