#include "http/ip_address.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

namespace http {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr int mapped_bits = 96;
constexpr std::size_t text_max = 45;

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.empty() || text.size() > text_max) return std::nullopt;
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  Bytes bytes = {};
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return IpAddress(bytes);
  std::ranges::copy(mapped_prefix, bytes.begin());
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data() + mapped_prefix.size()) == 1)
    return IpAddress(bytes);
  return std::nullopt;
}

bool IpAddress::is_v4() const {
  return std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes_.begin());
}

IpAddress IpAddress::embedded_v4(std::size_t offset) const {
  Bytes bytes = {};
  std::ranges::copy(mapped_prefix, bytes.begin());
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), 4,
              bytes.begin() + mapped_prefix.size());
  return IpAddress(bytes);
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer = {};
  if (is_v4()) {
    inet_ntop(AF_INET, bytes_.data() + mapped_prefix.size(), buffer.data(), buffer.size());
  } else {
    inet_ntop(AF_INET6, bytes_.data(), buffer.data(), buffer.size());
  }
  return buffer.data();
}

std::optional<Network> Network::parse(std::string_view cidr) {
  const std::size_t slash = cidr.find('/');
  const auto base = IpAddress::parse(cidr.substr(0, slash));
  if (!base) return std::nullopt;
  const bool v4_text = cidr.substr(0, slash).find(':') == std::string_view::npos;
  const int bits = v4_text ? 32 : 128;
  int prefix = bits;
  if (slash != std::string_view::npos) {
    const std::string_view digits = cidr.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    if (prefix < 0 || prefix > bits) return std::nullopt;
  }
  return Network(*base, v4_text ? mapped_bits + prefix : prefix);
}

bool Network::contains(const IpAddress& address) const {
  const auto whole = static_cast<std::size_t>(prefix_ / 8);
  const auto& ours = base_.bytes();
  const auto& theirs = address.bytes();
  if (!std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(whole), theirs.begin()))
    return false;
  const int rest = prefix_ % 8;
  if (rest == 0) return true;
  return ((ours[whole] ^ theirs[whole]) >> (8 - rest)) == 0;
}

}  // namespace http
