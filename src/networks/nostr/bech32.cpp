#include "networks/nostr/bech32.h"

#include "base/text.h"

#include <cstdint>
#include <vector>

namespace networks::nostr {
namespace {

constexpr std::string_view alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t checksum_size = 6;

using Groups = std::vector<std::uint8_t>;  // of five bits

std::uint32_t polymod(const Groups& values) {
  constexpr std::uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                         0x2a1462b3};
  std::uint32_t check = 1;
  for (const auto value : values) {
    const std::uint32_t top = check >> 25;
    check = (check & 0x1ffffff) << 5 ^ value;
    for (int i = 0; i < 5; ++i) {
      if ((top >> i & 1) != 0) check ^= generator[i];
    }
  }
  return check;
}

Groups expand(std::string_view prefix) {
  Groups out;
  for (const char c : prefix) out.push_back(static_cast<unsigned char>(c) >> 5);
  out.push_back(0);
  for (const char c : prefix) out.push_back(c & 31);
  return out;
}

}  // namespace

std::string bech32_encode(std::string_view prefix, std::string_view bytes) {
  Groups data;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 5; held -= 5) data.push_back(bits >> (held - 5) & 31);
  }
  if (held > 0) data.push_back(bits << (5 - held) & 31);

  Groups all = expand(prefix);
  all.insert(all.end(), data.begin(), data.end());
  all.insert(all.end(), checksum_size, 0);
  const std::uint32_t check = polymod(all) ^ 1;
  for (std::size_t i = 0; i < checksum_size; ++i) data.push_back(check >> 5 * (5 - i) & 31);

  std::string text = std::string(prefix) + "1";
  for (const auto group : data) text.push_back(alphabet[group]);
  return text;
}

std::string bech32_decode(std::string_view prefix, std::string_view text) {
  const std::string lower = base::to_lower_ascii(text);
  if (text.size() > 1000 || (text != lower && text.find_first_of("abcdefghijklmnopqrstuvwxyz") !=
                                                  std::string_view::npos)) {
    return "";
  }
  if (!lower.starts_with(std::string(prefix) + "1")) return "";
  Groups data;
  for (const char c : std::string_view(lower).substr(prefix.size() + 1)) {
    const auto group = alphabet.find(c);
    if (group == std::string_view::npos) return "";
    data.push_back(static_cast<std::uint8_t>(group));
  }
  Groups all = expand(prefix);
  all.insert(all.end(), data.begin(), data.end());
  if (data.size() < checksum_size || polymod(all) != 1) return "";
  data.resize(data.size() - checksum_size);

  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const auto group : data) {
    bits = bits << 5 | group;
    held += 5;
    if (held < 8) continue;
    held -= 8;
    bytes.push_back(static_cast<char>(bits >> held & 0xff));
  }
  // What is left over must be padding: less than a group, and zero.
  if (held >= 5 || (bits & ((1U << held) - 1)) != 0) return "";
  return bytes;
}

}  // namespace networks::nostr
