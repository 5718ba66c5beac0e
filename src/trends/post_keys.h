// PostKeys: what the tokenizer found in one post: its keys, and the bytes from which their names
// can be made.
//
// A token is a hash and the parts (words, a tag, a link) that it is made of; a string is made of
// them only for the few keys that get a record. Filled by Tokenizer::run; buffers are used again
// and again. `text` belongs to the caller and must live as long as spellings are asked for. Plain
// data; one owner at a time.
#pragma once

#include "trends/trend.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace trends {

// Positions are bytes: `name` in names; `begin` and `end` of the spelling in the post's text or,
// with in_names, in names.
struct Part {
  std::uint64_t hash;
  std::uint16_t name;
  std::uint16_t begin;
  std::uint16_t end;
  std::uint16_t length : 12;  // of the name
  std::uint16_t in_names : 1;
  std::uint16_t alone : 1;    // of a word: a key by itself, not only in a bigram
  std::uint16_t follows : 1;  // of a word: can be the second one of a bigram
};
static_assert(sizeof(Part) == 16);

struct Token {
  std::uint64_t hash;
  std::uint16_t part;  // numbers of parts
  std::uint16_t second;
  Kind kind;
};
static_assert(sizeof(Token) == 16);

struct PostKeys {
  static constexpr std::size_t tokens_max = 64;
  static constexpr std::size_t parts_max = 512;     // repeated words have one each
  static constexpr std::size_t names_max = 0xFFFF;  // bytes: positions are short
  static constexpr std::size_t name_max = 0xFFF;    // bytes of one

  std::string_view text;
  std::string names;  // the text in lower case, then folded words, tags and links
  // One more each: what is not wanted is written there.
  std::array<Part, parts_max + 1> parts;
  std::array<Token, tokens_max + 1> tokens;
  std::size_t part_count = 0;
  std::size_t count = 0;
  std::array<std::uint64_t, 8> seen{};  // one-hash filter of the keys so far

  std::span<const Token> list() const { return {tokens.data(), count}; }
  bool full() const { return count == tokens_max || part_count == parts_max; }
  void start(std::string_view post_text);
  // Where `wanted`, unless it is there, or they are full.
  void add(const Token& token, bool wanted = true);

  // The normalised topic ("#tag", "$cash", "two words") and how it was written in this post.
  std::string topic(const Token& token) const;
  std::string spelling(const Token& token) const;
};

inline void PostKeys::start(std::string_view post_text) {
  text = post_text;
  part_count = 0;
  count = 0;
  seen = {};
}

// What is not wanted is written and not counted: whether a key is wanted is hard to foretell, and a
// wrong guess costs more than the writing.
[[gnu::always_inline]] inline void PostKeys::add(const Token& token, bool wanted) {
  wanted = wanted & (count < tokens_max);
  std::uint64_t& word = seen[token.hash >> 6 & 7];
  const std::uint64_t place = token.hash & 63;
  if ((word >> place & static_cast<std::uint64_t>(wanted)) != 0) [[unlikely]] {
    for (std::size_t i = 0; i < count; ++i) {
      if (tokens[i].hash == token.hash) return;
    }
  }
  word |= static_cast<std::uint64_t>(wanted) << place;
  tokens[count] = token;
  count += static_cast<std::size_t>(wanted);
}

}  // namespace trends
