// Encodings of feeds as they are found: marks, declarations, headers, and none of them. Pure.
#pragma once

#include <string>
#include <string_view>

namespace trends {

// The bytes as UTF-8: by byte order mark, XML declaration, charset of the content type, else UTF-8,
// else Windows-1252.
std::string feed_as_utf8(std::string_view body, std::string_view content_type);

}  // namespace trends
