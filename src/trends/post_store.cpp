#include "trends/post_store.h"

#include "base/text.h"
#include "trends/detector.h"
#include "trends/hashing.h"

#include <algorithm>

namespace trends {

namespace {

// Cuts at a character, never inside one.
std::string_view cut(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80) --max;
  return text.substr(0, max);
}

}  // namespace

std::uint32_t PostStore::keep(const MentionView& mention, std::uint64_t author, std::uint8_t source,
                              std::uint8_t language, std::span<const std::uint64_t> keys) {
  std::uint32_t number;
  if (free_.empty()) {
    number = static_cast<std::uint32_t>(posts_.size());
    posts_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  StoredPost& post = posts_[number];
  post.id = base::clean_utf8(cut(mention.id, text_max));
  post.url = base::clean_utf8(cut(mention.url, text_max));
  post.text = base::clean_utf8(cut(mention.text, text_max));
  post.author = base::clean_utf8(cut(mention.author, 100));
  post.at = mention.at;
  post.author_hash = author;
  post.saying = saying_of(mention.text.substr(0, 2 * text_max));
  post.references = 1;
  post.source = source;
  post.language = language;
  post.repost = mention.repost || mention.text.starts_with("RT @");
  post.keys.assign(keys.begin(), keys.end());
  std::ranges::sort(post.keys);
  return number;
}

void PostStore::release(std::uint32_t post) {
  if (--posts_[post].references > 0) return;
  posts_[post] = {};
  free_.push_back(post);
}

void PostStore::remember(std::uint32_t post) {
  if (ring_.size() < ring_size) {
    ring_.push_back(post);
    return;
  }
  release(ring_[next_]);
  ring_[next_] = post;
  next_ = (next_ + 1) % ring_size;
}

std::size_t PostStore::memory_bytes() const {
  constexpr std::size_t usual = 600;  // texts and keys of a typical post
  return posts_.size() * (sizeof(StoredPost) + usual);
}

std::uint64_t saying_of(std::string_view text) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n", i), text.size());
    const std::string_view word = text.substr(i, end - i);
    i = end + 1;
    if (word.empty() || word[0] == '@' || word.find("://") != std::string_view::npos) continue;
    std::uint64_t letters = 0;
    for (const char c : word) {
      const auto byte = static_cast<unsigned char>(c);
      const unsigned char lower = byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
      if ((lower >= 'a' && lower <= 'z') || byte >= 0x80)
        letters = mix(letters + lower + 1, hash_step);
    }
    if (letters != 0) hash = mix(hash + letters, hash_seed);
  }
  return hash;
}

}  // namespace trends
