#include "networks/bluesky/tid.h"

#include "base/crypto.h"

namespace networks::bluesky {
namespace {

constexpr std::string_view alphabet = "234567abcdefghijklmnopqrstuvwxyz";

std::uint64_t first_bits(std::string_view bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
  return bits;
}

}  // namespace

std::string make_tid(const Key& key, std::size_t part) {
  const std::uint64_t bits = first_bits(base::sha256("bluesky record key " + key.value));
  const auto second = std::chrono::floor<std::chrono::seconds>(key.created_at);
  const auto micros =
      static_cast<std::uint64_t>(base::to_micros(second)) + bits / 1024 % 1'000'000 + part;
  std::uint64_t value = (micros << 10 | bits % 1024) & 0x7fff'ffff'ffff'ffffULL;
  std::string text(13, '2');
  for (std::size_t i = text.size(); i-- > 0; value >>= 5) text[i] = alphabet[value & 31];
  return text;
}

bool is_tid(std::string_view text) {
  // The top bit is 0, so the first character is of the lower half.
  return text.size() == 13 && alphabet.substr(0, 16).find(text[0]) != std::string_view::npos &&
         text.find_first_not_of(alphabet) == std::string_view::npos;
}

}  // namespace networks::bluesky
