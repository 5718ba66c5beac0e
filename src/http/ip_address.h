// IP addresses and CIDR blocks as numbers. IPv4 is held in its IPv4-mapped form, so one comparison
// serves both.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace http {

class IpAddress {
 public:
  // Numeric and complete: no names, no zone, no octal, no short forms like "127.1".
  static std::optional<IpAddress> parse(std::string_view text);

  using Bytes = std::array<std::uint8_t, 16>;
  explicit IpAddress(const Bytes& bytes) : bytes_(bytes) {}
  const Bytes& bytes() const { return bytes_; }
  bool is_v4() const;
  // The IPv4 address in four bytes from `offset` on (NAT64, 6to4).
  IpAddress embedded_v4(std::size_t offset) const;
  std::string text() const;

 private:
  Bytes bytes_ = {};
};

class Network {
 public:
  // "10.0.0.0/8", "fd00::/8", or one address.
  static std::optional<Network> parse(std::string_view cidr);

  bool contains(const IpAddress& address) const;

 private:
  Network(const IpAddress& base, int prefix) : base_(base), prefix_(prefix) {}

  IpAddress base_;
  int prefix_;  // of 128 bits
};

}  // namespace http
