#include "topics/substrings.h"

#include "base/check.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace topics {
namespace {

std::uint32_t gram_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]) |
         static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + 1])) << 8 |
         static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + 2])) << 16;
}

std::uint32_t mixed(std::uint32_t gram) { return gram * 2654435769U; }

}  // namespace

void Substrings::add(std::string piece, std::uint32_t id) {
  CHECK(piece.size() >= piece_min);
  pieces_.push_back({.text = std::move(piece), .id = id});
}

void Substrings::build() {
  std::unordered_map<std::uint32_t, std::uint32_t> uses;
  for (const Piece& piece : pieces_) {
    for (std::size_t at = 0; at + piece_min <= piece.text.size(); ++at) {
      ++uses[gram_at(piece.text, at)];
    }
  }
  filter_.assign(filter_bits / 64, 0);
  for (Piece& piece : pieces_) {
    for (std::uint32_t at = 0; at + piece_min <= piece.text.size(); ++at) {
      const std::uint32_t gram = gram_at(piece.text, at);
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
    const std::uint32_t gram = pieces_[begin].gram;
    while (end < pieces_.size() && pieces_[end].gram == gram) ++end;
    std::size_t slot = (mixed(gram) >> 7) % table_.size();
    while (table_[slot].begin != table_[slot].end) slot = (slot + 1) % table_.size();
    table_[slot] = {.gram = gram, .begin = begin, .end = end};
  }
}

const Substrings::Range* Substrings::range_of(std::uint32_t gram) const {
  for (std::size_t slot = (mixed(gram) >> 7) % table_.size();; slot = (slot + 1) % table_.size()) {
    const Range& range = table_[slot];
    if (range.begin == range.end) return nullptr;
    if (range.gram == gram) return &range;
  }
}

void Substrings::find(std::string_view text, std::vector<std::uint32_t>& found) const {
  if (pieces_.empty()) return;
  for (std::size_t at = 0; at + piece_min <= text.size(); ++at) {
    const std::uint32_t gram = gram_at(text, at);
    const std::size_t bit = mixed(gram) % filter_bits;
    if ((filter_[bit / 64] >> (bit % 64) & 1) == 0) continue;
    const Range* range = range_of(gram);
    if (range == nullptr) continue;
    for (std::uint32_t index = range->begin; index < range->end; ++index) {
      const Piece& piece = pieces_[index];
      if (piece.offset > at) continue;
      if (text.substr(at - piece.offset).starts_with(piece.text)) found.push_back(piece.id);
    }
  }
}

}  // namespace topics
