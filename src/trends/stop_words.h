// Words that carry no topic, by language. A word is dropped where the post's language lists it; a
// post of unknown language is held against all lists. What is merely frequent need not be here: the
// baseline takes care of it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace trends {

class StopWords {
 public:
  StopWords();

  // The lists that apply to a language ("en", "" = unknown = all).
  static std::uint32_t languages(std::string_view language);

  // The lists of some languages, in variables that nobody writes.
  class View {
   public:
    // Without branches: whether a word is one can be foretold by nobody.
    bool contains(std::uint64_t word_hash) const {
      const std::size_t one = first(word_hash, mask_);
      const std::size_t other = second(word_hash, mask_);
      const bool at_one = tags_[one] == tag(word_hash);
      const bool at_other = tags_[other] == tag(word_hash);
      const std::size_t place = at_one ? one : at_other ? other : nowhere;
      return (lists_[place] & languages_) != 0;
    }

   private:
    friend class StopWords;
    const std::uint32_t* tags_;
    const std::uint32_t* lists_;
    std::size_t mask_;
    std::uint32_t languages_;
  };
  View view(std::uint32_t languages) const {
    View view;
    view.tags_ = tags_.data();
    view.lists_ = lists_.data();
    view.mask_ = mask_;
    view.languages_ = languages;
    return view;
  }

 private:
  static constexpr std::size_t nowhere = 0;  // no word is put there

  // A word is at one of two places, by 32 further bits of its hash: together some 44 bits, so one
  // word in 10^13 is taken for another.
  static std::uint32_t tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  static std::size_t first(std::uint64_t hash, std::size_t mask) { return (hash & mask) + 1; }
  static std::size_t second(std::uint64_t hash, std::size_t mask) {
    return (hash >> 16 & mask) + 1;
  }
  void add(std::string_view words, std::uint32_t languages);
  void put(std::uint64_t hash, std::uint32_t languages);

  std::size_t mask_ = 0;
  std::vector<std::uint32_t> tags_;
  std::vector<std::uint32_t> lists_;   // a bit for each that has the word
  std::vector<std::uint64_t> hashes_;  // only while the table is made
};

}  // namespace trends
