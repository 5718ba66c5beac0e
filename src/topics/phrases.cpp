#include "topics/phrases.h"

#include "base/check.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace topics {
namespace {

constexpr std::size_t filter_bits = std::size_t{1} << 18;

std::uint64_t hash_of(std::string_view word) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char byte : word) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  return hash ^ hash >> 29;
}

// Calls `with` for each word with the place of the blank before it.
template <class With>
void each_word(std::string_view folded, const With& with) {
  for (std::size_t at = 0; at + 1 < folded.size();) {
    std::size_t end = folded.find(' ', at + 1);
    if (end == std::string_view::npos) end = folded.size();
    with(at, folded.substr(at + 1, end - at - 1));
    at = end;
  }
}

}  // namespace

void Phrases::add(std::string phrase, std::uint32_t id) {
  CHECK(phrase.size() > 2 && phrase.front() == ' ' && phrase.back() == ' ');
  phrases_.push_back({.text = std::move(phrase), .id = id});
}

void Phrases::build() {
  std::unordered_map<std::uint64_t, std::uint32_t> uses;
  for (const Phrase& phrase : phrases_) {
    each_word(phrase.text, [&](std::size_t, std::string_view word) { ++uses[hash_of(word)]; });
  }
  filter_.assign(filter_bits / 64, 0);
  for (Phrase& phrase : phrases_) {
    each_word(phrase.text, [&](std::size_t at, std::string_view word) {
      const std::uint64_t hash = hash_of(word);
      if (at > 0 && uses[hash] >= uses[phrase.word]) return;
      phrase.offset = static_cast<std::uint32_t>(at);
      phrase.word = hash;
    });
    const std::size_t bit = phrase.word % filter_bits;
    filter_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  std::ranges::sort(phrases_, {}, &Phrase::word);
  table_.assign(std::bit_ceil(phrases_.size() * 2 + 1), {});
  for (std::uint32_t begin = 0, end = 0; begin < phrases_.size(); begin = end) {
    const std::uint64_t word = phrases_[begin].word;
    while (end < phrases_.size() && phrases_[end].word == word) ++end;
    std::size_t slot = (word >> 20) % table_.size();
    while (table_[slot].begin != table_[slot].end) slot = (slot + 1) % table_.size();
    table_[slot] = {.word = word, .begin = begin, .end = end};
  }
}

const Phrases::Range* Phrases::range_of(std::uint64_t word) const {
  for (std::size_t slot = (word >> 20) % table_.size();; slot = (slot + 1) % table_.size()) {
    const Range& range = table_[slot];
    if (range.begin == range.end) return nullptr;
    if (range.word == word) return &range;
  }
}

void Phrases::find(std::string_view folded, std::vector<std::uint32_t>& found) const {
  if (phrases_.empty()) return;
  each_word(folded, [&](std::size_t at, std::string_view word) {
    const std::uint64_t hash = hash_of(word);
    const std::size_t bit = hash % filter_bits;
    if ((filter_[bit / 64] >> (bit % 64) & 1) == 0) return;
    const Range* range = range_of(hash);
    if (range == nullptr) return;
    for (std::uint32_t index = range->begin; index < range->end; ++index) {
      const Phrase& phrase = phrases_[index];
      if (phrase.offset > at) continue;
      if (folded.substr(at - phrase.offset).starts_with(phrase.text)) found.push_back(phrase.id);
    }
  });
}

}  // namespace topics
