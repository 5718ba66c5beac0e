#include "db/position.h"

#include <charconv>

#include <fmt/format.h>

namespace db {
namespace {

std::optional<std::uint32_t> read_half(std::string_view text) {
  std::uint32_t half = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), half, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return half;
}

}  // namespace

std::optional<Position> Position::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto high = read_half(text.substr(0, slash));
  const auto low = read_half(text.substr(slash + 1));
  if (!high || !low) return std::nullopt;
  return Position{static_cast<std::uint64_t>(*high) << 32 | *low};
}

std::string Position::text() const {
  return fmt::format("{:X}/{:X}", bytes >> 32, bytes & 0xffffffff);
}

}  // namespace db
