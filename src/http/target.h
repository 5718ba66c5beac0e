// Reading of request targets and queries: the first hostile bytes that a request brings.
//
// A path that two readers could understand differently is refused instead of mended: dot segments,
// empty segments, encoded slashes, control characters, bytes that are not UTF-8. Pure functions.
#pragma once

#include "base/error.h"
#include "http/message.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace http {

constexpr std::size_t target_max = std::size_t{8} * 1024;
constexpr std::size_t query_pairs_max = 100;

struct Target {
  std::string path;  // decoded
  Query query;
};

// "/path?query" or, as proxies send it, "http://host/path?query". Errors have status 400, or 414
// when too long.
base::Result<Target> parse_target(std::string_view text);

}  // namespace http
