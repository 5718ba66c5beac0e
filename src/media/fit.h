// What has to be done with a picture so that a network takes it: nothing, a smaller or cleaner
// copy, or it cannot be. Pure.
#pragma once

#include "media/item.h"
#include "networks/network.h"

#include <cstdint>
#include <string>
#include <vector>

namespace media {

// What a copy must be like. Never larger than its source; turned upright, without Exif, XMP and
// comments; sRGB.
struct Conversion {
  std::vector<std::string> types;  // any of them, not empty
  std::int64_t bytes_max = 0;      // 0 = none, as below
  std::int64_t side_max = 0;
  std::int64_t pixels_max = 0;

  // Names the result for ever, together with the content that it is made of.
  std::string recipe() const;
};

struct Fit {
  enum class Kind { as_it_is, convert, impossible } kind = Kind::as_it_is;
  Conversion conversion = {};  // to convert
  // For people. To convert: what they will notice, "is made smaller", or "" when they will not.
  // Impossible: "is larger than ..., and moving pictures cannot be made smaller".
  std::string reason = {};
};

enum class Converting { possible, impossible };

Fit fit(const MediaItem& item, const networks::Limits& limits, Converting converting);

// "2 MB", "976 kB": decimal, as networks state their limits.
std::string in_megabytes(std::int64_t bytes);

}  // namespace media
