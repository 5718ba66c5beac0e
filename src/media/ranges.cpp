#include "media/ranges.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>

namespace media {

namespace {

std::optional<std::size_t> number_of(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

RangeAnswer read_range(std::string_view header, std::size_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit)) return Whole{};
  const std::string_view range = base::trim(header.substr(unit.size()));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return Whole{};
  const auto first = number_of(range.substr(0, dash));
  const auto last = number_of(range.substr(dash + 1));
  if (dash == 0) {  // the last so many
    if (!last) return Whole{};
    if (*last == 0 || size == 0) return NotSatisfiable{};
    const std::size_t count = std::min(*last, size);
    return Range{.first = size - count, .count = count};
  }
  if (!first || (!last && dash + 1 < range.size()) || (last && *last < *first)) return Whole{};
  if (*first >= size) return NotSatisfiable{};
  const std::size_t end = last ? std::min(*last, size - 1) : size - 1;
  return Range{.first = *first, .count = end - *first + 1};
}

}  // namespace media
