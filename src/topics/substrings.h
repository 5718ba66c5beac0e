// Substrings: which of many fixed pieces of text occur in another, in one pass over it.
//
// Each piece is found by four of its bytes (three, if it has no more), those that it shares with
// the fewest others, so the cost of a pass grows with the text and with what is found, hardly with
// the number of pieces: most positions are dismissed by looks into a filter that stays in the
// cache. Filled, then built, then only read; reading is thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace topics {

class Substrings {
 public:
  static constexpr std::size_t piece_min = 3;  // bytes

  // CHECKs the length. `id` is what find() answers with.
  void add(std::string piece, std::uint32_t id);
  // After the last add().
  void build();
  // Appends the ids of the pieces that `text` holds; one may be appended more than once.
  void find(std::string_view text, std::vector<std::uint32_t>& found) const;

  std::size_t size() const { return pieces_.size(); }

 private:
  struct Piece {
    std::string text;
    std::uint32_t id = 0;
    std::uint32_t offset = 0;  // of its gram
    std::uint64_t gram = 0;
  };
  struct Range {  // of pieces_ with the same gram
    std::uint64_t gram = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  static constexpr std::size_t filter_bits = std::size_t{1} << 18;

  bool may_hold(std::uint64_t gram) const;
  const Range* range_of(std::uint64_t gram) const;
  void find_by(std::uint64_t gram, std::string_view text, std::size_t at,
               std::vector<std::uint32_t>& found) const;

  std::vector<Piece> pieces_;
  std::vector<Range> table_;  // open addressing; an empty range is free
  std::vector<std::uint64_t> filter_;
  bool has_short_ = false;  // pieces of three bytes
};

}  // namespace topics
