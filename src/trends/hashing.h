// Hashing of keys and authors: 64 bits, fast on short strings, the same on every machine and run
// (snapshots and trend ids depend on it). Not for security: nothing here keeps an attacker from
// choosing colliding words, which at worst merges two of his own topics.
#pragma once

#include "trends/trend.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace trends {

static_assert(std::endian::native == std::endian::little, "hashes would differ between machines");

inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline constexpr std::uint64_t hash_seed = 0x9e3779b97f4a7c15;
inline constexpr std::uint64_t hash_step = 0xd6e8feb86659fd93;

inline std::uint64_t load_bytes(const char* data, std::size_t length) {  // at most 8
  std::uint64_t word = 0;
  std::memcpy(&word, data, length);
  return word;
}

inline std::uint64_t load8(const char* data) {
  std::uint64_t word;
  std::memcpy(&word, data, 8);
  return word;
}

// Reads only [data, data + length); up to 8 bytes at a time.
inline std::uint64_t hash_bytes(const char* data, std::size_t length) {
  std::uint64_t hash = hash_seed ^ (length * hash_step);
  while (length > 8) {
    hash = mix(hash ^ load8(data), hash_step);
    data += 8;
    length -= 8;
  }
  std::uint64_t tail;
  if (length == 8) {
    tail = load8(data);
  } else if (length >= 4) {
    std::uint32_t low, high;
    std::memcpy(&low, data, 4);
    std::memcpy(&high, data + length - 4, 4);
    tail = low | (static_cast<std::uint64_t>(high) << ((length - 4) * 8));
  } else if (length > 0) {
    tail = static_cast<unsigned char>(data[0]) |
           (static_cast<std::uint64_t>(static_cast<unsigned char>(data[length / 2]))
            << 8 * (length / 2)) |
           (static_cast<std::uint64_t>(static_cast<unsigned char>(data[length - 1]))
            << 8 * (length - 1));
  } else {
    tail = 0;
  }
  return mix(hash ^ tail, hash_seed | 1);
}

// The same where hash_padding bytes behind the text can be read: no choice by length within eight.
inline constexpr std::size_t hash_padding = 8;

inline std::uint64_t hash_padded(const char* data, std::size_t length) {
  std::uint64_t hash = hash_seed ^ (length * hash_step);
  for (; length > 8; length -= 8, data += 8) hash = mix(hash ^ load8(data), hash_step);
  const std::uint64_t tail =
      length == 0 ? 0 : load8(data) & (~std::uint64_t{0} >> (64 - 8 * length));
  return mix(hash ^ tail, hash_seed | 1);
}

inline std::uint64_t hash_text(std::string_view text) {
  return hash_bytes(text.data(), text.size());
}

// Never 0, so that 0 can mean "none".
inline std::uint64_t key_hash(Kind kind, std::uint64_t text_hash) {
  const std::uint64_t key = mix(text_hash + 1, hash_step + 2 * static_cast<std::uint64_t>(kind));
  return key == 0 ? 1 : key;
}

inline std::uint64_t bigram_hash(std::uint64_t first, std::uint64_t second) {
  return key_hash(Kind::bigram, mix(first ^ hash_step, hash_seed) + second);
}

}  // namespace trends
