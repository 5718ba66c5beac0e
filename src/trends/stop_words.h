// Words that carry no topic, by language. A word is dropped where the post's language lists it; a
// post of unknown language is held against all lists. What is merely frequent need not be here: the
// baseline takes care of it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace trends {

class StopWords {
 public:
  StopWords();

  // The lists that apply to a language ("en", "" = unknown = all).
  static std::uint32_t languages(std::string_view language);

  bool contains(std::uint64_t word_hash, std::uint32_t languages) const {
    if ((filter_[word_hash >> 6 & filter_mask] >> (word_hash & 63) & 1) == 0) return false;
    for (std::size_t i = word_hash & mask;; i = (i + 1) & mask) {
      if (slots_[i].hash == word_hash) return (slots_[i].languages & languages) != 0;
      if (slots_[i].hash == 0) return false;
    }
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t languages = 0;
  };
  static constexpr std::size_t mask = 4095;

  void add(std::string_view words, std::uint32_t languages);

  // One bit per hash: nearly all words end here, in memory that stays close.
  static constexpr std::size_t filter_mask = 511;
  std::array<std::uint64_t, filter_mask + 1> filter_{};
  std::vector<Slot> slots_;
};

}  // namespace trends
