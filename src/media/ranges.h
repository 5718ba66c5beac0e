// Range requests (RFC 9110, section 14) over bytes that are at hand: one range; of several, the
// whole is sent, as a server may.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace media {

struct Range {
  std::size_t first = 0;
  std::size_t count = 0;
};
struct Whole {};
struct NotSatisfiable {};
using RangeAnswer = std::variant<Whole, Range, NotSatisfiable>;

// `header` is the value of Range, empty when there is none.
RangeAnswer read_range(std::string_view header, std::size_t size);

}  // namespace media
