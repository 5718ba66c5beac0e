// Phrases: which of many whole words and phrases occur in folded text, in one pass over its words.
//
// Each phrase is found by one of its words, the one that it shares with the fewest others, so a
// text costs one look per word, however many phrases there are: the words that begin none are
// dismissed by a filter that stays in the cache. Filled, then built, then only read; reading is
// thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace topics {

class Phrases {
 public:
  // As topics::folded_words writes them: " time warner ". CHECKs that. `id` is what find() answers
  // with.
  void add(std::string phrase, std::uint32_t id);
  // After the last add().
  void build();
  // Appends the ids of the phrases that `folded` holds; one may be appended more than once.
  void find(std::string_view folded, std::vector<std::uint32_t>& found) const;

  std::size_t size() const { return phrases_.size(); }

 private:
  struct Phrase {
    std::string text;
    std::uint32_t id = 0;
    std::uint32_t offset = 0;  // of the blank before the word by which it is found
    std::uint64_t word = 0;    // that word, hashed
  };
  struct Range {  // of phrases_ with the same word
    std::uint64_t word = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };

  const Range* range_of(std::uint64_t word) const;

  std::vector<Phrase> phrases_;
  std::vector<Range> table_;  // open addressing; an empty range is free
  std::vector<std::uint64_t> filter_;
};

}  // namespace topics
