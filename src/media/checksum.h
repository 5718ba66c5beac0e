// The Upload-Checksum header of tus: "sha1 base64" or "sha256 base64" over the body of a request.
#pragma once

#include "base/error.h"

#include <string_view>

namespace media {

inline constexpr std::string_view checksum_algorithms = "sha1,sha256";

// 400 when the header is malformed or names something else, 460 when the bytes are others.
base::Result<void> check_checksum(std::string_view header, std::string_view bytes);

}  // namespace media
