#include "topics/substrings.h"

#include "base/check.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>

namespace topics {
namespace {

constexpr std::size_t long_gram = 4;

// Three or four bytes, and how many.
std::uint64_t gram_at(std::string_view text, std::size_t at, std::size_t size) {
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, text.data() + at, size);
  return bytes | std::uint64_t{size} << 32;
}

std::size_t gram_size(std::string_view piece) { return std::min(piece.size(), long_gram); }

std::uint32_t mixed(std::uint64_t gram) {
  return static_cast<std::uint32_t>(gram * 0x9E3779B97F4A7C15U >> 32);
}

}  // namespace

void Substrings::add(std::string piece, std::uint32_t id) {
  CHECK(piece.size() >= piece_min);
  pieces_.push_back({.text = std::move(piece), .id = id});
}

void Substrings::build() {
  std::unordered_map<std::uint64_t, std::uint32_t> uses;
  for (const Piece& piece : pieces_) {
    const std::size_t size = gram_size(piece.text);
    has_short_ = has_short_ || size == piece_min;
    for (std::size_t at = 0; at + size <= piece.text.size(); ++at) {
      ++uses[gram_at(piece.text, at, size)];
    }
  }
  filter_.assign(filter_bits / 64, 0);
  for (Piece& piece : pieces_) {
    const std::size_t size = gram_size(piece.text);
    for (std::uint32_t at = 0; at + size <= piece.text.size(); ++at) {
      const std::uint64_t gram = gram_at(piece.text, at, size);
      if (at == 0 || uses[gram] < uses[piece.gram]) {
        piece.offset = at;
        piece.gram = gram;
      }
    }
    const std::size_t bit = mixed(piece.gram) % filter_bits;
    filter_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  std::ranges::sort(pieces_, {}, &Piece::gram);
  table_.assign(std::bit_ceil(pieces_.size() * 2 + 1), {});
  for (std::uint32_t begin = 0, end = 0; begin < pieces_.size(); begin = end) {
    const std::uint64_t gram = pieces_[begin].gram;
    while (end < pieces_.size() && pieces_[end].gram == gram) ++end;
    std::size_t slot = (mixed(gram) >> 7) % table_.size();
    while (table_[slot].begin != table_[slot].end) slot = (slot + 1) % table_.size();
    table_[slot] = {.gram = gram, .begin = begin, .end = end};
  }
}

const Substrings::Range* Substrings::range_of(std::uint64_t gram) const {
  for (std::size_t slot = (mixed(gram) >> 7) % table_.size();; slot = (slot + 1) % table_.size()) {
    const Range& range = table_[slot];
    if (range.begin == range.end) return nullptr;
    if (range.gram == gram) return &range;
  }
}

inline bool Substrings::may_hold(std::uint64_t gram) const {
  const std::size_t bit = mixed(gram) % filter_bits;
  return (filter_[bit / 64] >> (bit % 64) & 1) != 0;
}

void Substrings::find_by(std::uint64_t gram, std::string_view text, std::size_t at,
                         std::vector<std::uint32_t>& found) const {
  const Range* range = range_of(gram);
  if (range == nullptr) return;
  for (std::uint32_t index = range->begin; index < range->end; ++index) {
    const Piece& piece = pieces_[index];
    if (piece.offset > at) continue;
    if (text.substr(at - piece.offset).starts_with(piece.text)) found.push_back(piece.id);
  }
}

void Substrings::find(std::string_view text, std::vector<std::uint32_t>& found) const {
  if (pieces_.empty()) return;
  for (std::size_t at = 0; at + piece_min <= text.size(); ++at) {
    if (has_short_) {
      const std::uint64_t gram = gram_at(text, at, piece_min);
      if (may_hold(gram)) find_by(gram, text, at, found);
    }
    if (at + long_gram <= text.size()) {
      const std::uint64_t gram = gram_at(text, at, long_gram);
      if (may_hold(gram)) find_by(gram, text, at, found);
    }
  }
}

}  // namespace topics
