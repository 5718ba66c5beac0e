#include "trends/post_store.h"

#include "base/text.h"
#include "trends/detector.h"
#include "trends/hashing.h"
#include "trends/language.h"

#include <algorithm>

namespace trends {

namespace {

constexpr std::size_t name_max = 200;  // bytes of an id or an author

// Cuts at a character, never inside one.
std::string_view cut(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80) --max;
  return text.substr(0, max);
}

}  // namespace

bool StoredPost::has(std::uint64_t key) const { return std::ranges::find(keys, key) != keys.end(); }

std::uint32_t PostStore::keep(const MentionView& mention, std::uint64_t author, std::uint8_t source,
                              std::uint8_t language) {
  std::uint32_t number;
  if (free_.empty()) {
    number = static_cast<std::uint32_t>(posts_.size());
    posts_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  const std::string_view id = cut(mention.id, name_max);
  const std::string_view name = cut(mention.author, name_max);
  const std::string_view url = cut(mention.url, text_max);
  const std::string_view text = cut(mention.text, text_max);
  StoredPost& post = posts_[number];
  post.bytes.clear();
  post.bytes.append(id).append(name).append(url).append(text);
  post.id_length = static_cast<std::uint16_t>(id.size());
  post.author_length = static_cast<std::uint16_t>(name.size());
  post.url_length = static_cast<std::uint16_t>(url.size());
  post.at = mention.at;
  post.author_hash = author;
  post.saying = 0;
  post.references = 1;
  post.source = source;
  post.language = language;
  post.repost = mention.repost || mention.text.starts_with("RT @");
  post.keys.clear();
  post.spoken.reset();
  return number;
}

std::string_view PostStore::stored_id(std::string_view id) { return cut(id, name_max); }

std::vector<std::uint32_t> PostStore::find_all(
    std::uint8_t source, const std::unordered_set<std::string_view>& ids) const {
  std::vector<std::uint32_t> found;
  for (std::uint32_t number = 0; number < posts_.size(); ++number) {
    const StoredPost& post = posts_[number];
    const bool kept = post.references > 0 && post.source == source && post.id_length > 0;
    if (kept && ids.contains(post.id())) found.push_back(number);
  }
  return found;
}

void PostStore::blank(std::uint32_t number) {
  StoredPost& post = posts_[number];
  post.bytes.clear();
  post.id_length = post.author_length = post.url_length = 0;
  post.keys.clear();
  post.spoken.reset();
}

const std::string& PostStore::language_of(std::uint32_t number) const {
  const StoredPost& post = posts_[number];
  if (!post.spoken) post.spoken = detect_language(post.text());
  return *post.spoken;
}

void PostStore::hold(std::uint32_t post) {
  ++posts_[post].references;
  if (posts_[post].saying == 0) posts_[post].saying = saying_of(posts_[post].text());
}

// Its buffers stay for the next post.
void PostStore::release(std::uint32_t post) {
  if (--posts_[post].references == 0) free_.push_back(post);
}

void PostStore::remember(std::uint32_t post) {
  if (ring_.size() < ring_size) {
    ring_.push_back(post);
    filters_.push_back(filter_of(post));
    return;
  }
  release(ring_[next_]);
  ring_[next_] = post;
  filters_[next_] = filter_of(post);
  next_ = (next_ + 1) % ring_size;
}

std::uint64_t PostStore::filter_of(std::uint32_t post) const {
  std::uint64_t filter = 0;
  for (const std::uint64_t key : posts_[post].keys) filter |= filter_bits(key);
  return filter;
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
  return hash | 1;
}

}  // namespace trends
