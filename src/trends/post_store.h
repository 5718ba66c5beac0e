// PostStore: posts kept as evidence. The last ones of a quiet stream (a few per tick of a busy one)
// stay in a ring, so that a topic can look back when it begins to rise; the evidence of topics
// holds others longer. Counted references; texts are cut to text_max bytes and made valid UTF-8.
#pragma once

#include "base/time.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trends {

struct MentionView;

struct StoredPost {
  std::string id;
  std::string url;
  std::string text;
  std::string author;
  base::Instant at{};
  std::uint64_t author_hash = 0;
  std::uint64_t saying = 0;  // hash of what it says: equal for copies with other links and names
  std::uint32_t references = 0;
  std::uint8_t source = 0;
  std::uint8_t language = 0;
  bool repost = false;
  std::vector<std::uint64_t> keys;  // sorted
};

class PostStore {
 public:
  static constexpr std::size_t text_max = 400;
  static constexpr std::size_t ring_size = 512;
  static constexpr unsigned per_step = 64;

  // Keeps a post (one reference belongs to the caller's later release()).
  std::uint32_t keep(const MentionView& mention, std::uint64_t author, std::uint8_t source,
                     std::uint8_t language, std::span<const std::uint64_t> keys);
  void retain(std::uint32_t post) { ++posts_[post].references; }
  void release(std::uint32_t post);

  // The ring of recent posts: takes over the caller's reference.
  void remember(std::uint32_t post);
  // Oldest first.
  template <class Visit>
  void for_recent(Visit visit) const {
    for (std::size_t i = 0; i < ring_.size(); ++i) visit(ring_[(next_ + i) % ring_.size()]);
  }

  const StoredPost& operator[](std::uint32_t post) const { return posts_[post]; }
  std::size_t size() const { return posts_.size() - free_.size(); }
  std::size_t memory_bytes() const;

  template <class Visitor>
  void archive(Visitor& visitor);

 private:
  std::vector<StoredPost> posts_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> ring_;
  std::size_t next_ = 0;
};

// A hash of the words of a text without links, mentions, digits and case: what copies have in
// common.
std::uint64_t saying_of(std::string_view text);

}  // namespace trends
