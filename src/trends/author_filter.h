// AuthorFilter: has this author talked about the topic lately?
//
// An author is known until he has been silent for half a day to a day, so a voice that keeps
// talking counts once. A line of 64 bytes knows fourteen authors exactly; when more come it keeps a
// sample of them (half of all authors, then a quarter,
// ...), chosen by their prints, so that no memory is lost and nobody is counted again; a sampled
// author counts for those left out, and the sum stays unbiased. A topic with more authors gets
// eight lines from a pool. Every print has its own time of ageing, spread over half a day: no hour
// of the clock makes everybody new again. All-zero bytes are the empty line; trivially copyable.
#pragma once

#include "trends/lazy_array.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace trends {

// 31 bits of an author's hash, never 0. Bits 1..3 choose the line, 8..15 the time of ageing, the
// leading ones the sample.
using AuthorPrint = std::uint32_t;

inline AuthorPrint author_print(std::uint64_t author) {
  return static_cast<AuthorPrint>(author >> 33) | 1;
}

class alignas(64) AuthorLine {
 public:
  static constexpr unsigned prints_max = 14;

  // How many authors this one counts for: 0 when known or not sampled, 2^level otherwise.
  double insert(AuthorPrint print);
  // Whether the author is known; then he is so for longer.
  bool refresh(AuthorPrint print);
  // Half hours have passed, the last of them with this number since the epoch.
  void age(std::int64_t half_hour, std::int64_t passed);

  unsigned level() const { return level_; }
  bool exact_and_full() const { return count_ == prints_max && level_ == 0; }
  bool empty() const { return count_ == 0; }
  // Moves every print to line `of(print)`.
  template <class Of>
  void move_to(Of of) {
    for (unsigned i = 0; i < count_; ++i) of(prints_[i]).put(prints_[i], (fresh_ >> i & 1) != 0);
    *this = {};
  }

 private:
  int find(AuthorPrint print) const;
  void put(AuthorPrint print, bool fresh);
  void remove(unsigned index);
  void thin();

  std::array<AuthorPrint, prints_max> prints_;
  std::uint32_t fresh_;  // bit i: print i was seen since its last ageing
  std::uint16_t count_;
  std::uint16_t level_;  // one author of 2^level is looked at
};

static_assert(sizeof(AuthorLine) == 64);

// Whether a line that looks at one author of 2^level looks at this one.
inline bool is_sampled(AuthorPrint print, unsigned level) {
  return static_cast<unsigned>(std::countl_zero(print << 1)) >= level;
}

// The lines of topics with many authors. When it is empty, topics stay with their one line and a
// thinner sample.
class AuthorBlocks {
 public:
  static constexpr std::size_t lines = 8;
  using Block = std::array<AuthorLine, lines>;

  explicit AuthorBlocks(std::size_t max) : blocks_(max) {}

  // The same as of one line, with the block (number + 1, 0 = none) that the topic has or now gets.
  double insert(AuthorLine& line, std::uint32_t& block, AuthorPrint print);
  // Where a topic with this line and block looks the author up.
  const AuthorLine* line(const AuthorLine& line, std::uint32_t block, AuthorPrint print) const {
    return block == 0 ? &line : &blocks_[block - 1][line_of(print)];
  }
  void age(AuthorLine& line, std::uint32_t& block, std::int64_t half_hour, std::int64_t passed);
  void release(std::uint32_t& block);
  // The level of the line that looks at the most authors: whom it leaves out, all leave out.
  unsigned least_level(const AuthorLine& line, std::uint32_t block) const;
  // For how many authors one counted author stands at most: the grain of the counts.
  double grain(const AuthorLine& line, std::uint32_t block) const;

  std::size_t memory_bytes() const { return end_ * sizeof(Block); }

  template <class Visitor>
  void archive(Visitor& visitor);

 private:
  static std::size_t line_of(AuthorPrint print) { return print >> 1 & (lines - 1); }

  std::uint32_t acquire();

  LazyArray<Block> blocks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t end_ = 0;
};

}  // namespace trends
