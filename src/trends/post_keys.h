// PostKeys: what the tokenizer found in one post: its keys, and the bytes from which their names
// can be made.
//
// A token is a hash and some positions; a string is made of it only for the few keys that get a
// record. Filled by Tokenizer::run; buffers are used again and again. `text` belongs to the caller
// and must live as long as spellings are asked for. Plain data; one owner at a time.
#pragma once

#include "trends/trend.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace trends {

// Positions are bytes: `name` in names, `spelling` in the post's text or, with in_names, in names.
struct Token {
  std::uint64_t hash;
  std::uint16_t name;         // normalised first (or only) word
  std::uint16_t second_name;  // of a bigram
  std::uint16_t spelling;
  std::uint16_t name_length;
  std::uint16_t spelling_length;
  std::uint8_t second_length;
  Kind kind;
  bool spelling_in_names;
};

struct PostKeys {
  static constexpr std::size_t tokens_max = 64;
  static constexpr std::size_t names_max = 0xFFFF;  // bytes: positions are short

  std::string_view text;
  std::string names;  // the text in lower case, then folded words, tags and links
  std::array<Token, tokens_max> tokens;
  std::size_t count = 0;
  std::array<std::uint64_t, 8> seen{};  // one-hash filter of the keys so far

  std::span<const Token> list() const { return {tokens.data(), count}; }
  bool full() const { return count == tokens_max; }
  void start(std::string_view post_text);
  void add(const Token& token);  // unless it is there, or they are full

  // The normalised topic ("#tag", "$cash", "two words") and how it was written in this post.
  std::string topic(const Token& token) const;
  std::string spelling(const Token& token) const;
};

inline void PostKeys::start(std::string_view post_text) {
  text = post_text;
  count = 0;
  seen = {};
}

[[gnu::always_inline]] inline void PostKeys::add(const Token& token) {
  if (full()) return;
  std::uint64_t& word = seen[token.hash >> 6 & 7];
  const std::uint64_t bit = std::uint64_t{1} << (token.hash & 63);
  if ((word & bit) != 0) {
    for (std::size_t i = 0; i < count; ++i) {
      if (tokens[i].hash == token.hash) return;
    }
  }
  word |= bit;
  tokens[count++] = token;
}

}  // namespace trends
