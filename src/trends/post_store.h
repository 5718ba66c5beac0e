// PostStore: posts kept as evidence. The last ones (of a busy stream some of every five minutes)
// stay in a ring, so that a topic can look back when it begins to rise; the evidence of topics
// holds others longer. Counted references; texts are cut to text_max bytes. Keeping a post is one
// copy into a buffer that is used again and again; what only some need (clean text, the hash of
// what it says) is made when somebody asks.
#pragma once

#include "base/time.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace trends {

struct MentionView;

struct StoredPost {
  std::string bytes;  // id, author, url, text
  std::uint16_t id_length = 0;
  std::uint16_t author_length = 0;
  std::uint16_t url_length = 0;
  base::Instant at{};
  std::uint64_t author_hash = 0;
  std::uint64_t saying = 0;  // hash of what it says, once evidence holds it: equal for copies with
                             // other links and names
  std::uint32_t references = 0;
  std::uint8_t source = 0;
  std::uint8_t language = 0;
  bool repost = false;
  std::vector<std::uint64_t> keys;
  // Found out from the text; not in snapshots.
  mutable std::optional<std::string> spoken;

  // As they came; not necessarily valid UTF-8.
  std::string_view id() const { return std::string_view(bytes).substr(0, id_length); }
  std::string_view author() const {
    return std::string_view(bytes).substr(id_length, author_length);
  }
  std::string_view url() const {
    return std::string_view(bytes).substr(id_length + author_length, url_length);
  }
  std::string_view text() const {
    return std::string_view(bytes).substr(id_length + author_length + url_length);
  }
  bool has(std::uint64_t key) const;
};

class PostStore {
 public:
  static constexpr std::size_t text_max = 400;
  static constexpr std::size_t ring_size = 1024;
  static constexpr unsigned per_step = 512;

  // Keeps a post (one reference belongs to the caller's later release()).
  std::uint32_t keep(const MentionView& mention, std::uint64_t author, std::uint8_t source,
                     std::uint8_t language);
  // To be filled by the caller of keep().
  std::vector<std::uint64_t>& keys(std::uint32_t post) { return posts_[post].keys; }
  // One more reference, of evidence.
  void hold(std::uint32_t post);
  void release(std::uint32_t post);

  // Posts of a source by their ids as they are stored (stored_id()).
  std::vector<std::uint32_t> find_all(std::uint8_t source,
                                      const std::unordered_set<std::string_view>& ids) const;
  static std::string_view stored_id(std::string_view id);
  // Forgets what a post said; who refers to it still may.
  void blank(std::uint32_t post);
  // Of a post whose source does not say it; found out when somebody asks. Empty: unknown.
  const std::string& language_of(std::uint32_t post) const;

  // The ring of recent posts: takes over the caller's reference. Its keys must be there.
  void remember(std::uint32_t post);
  // Those with the key, oldest first.
  template <class Visit>
  void for_recent_with(std::uint64_t key, Visit visit) const {
    const std::uint64_t bits = filter_bits(key);
    for (std::size_t i = 0; i < ring_.size(); ++i) {
      const std::size_t place = next_ + i < ring_.size() ? next_ + i : next_ + i - ring_.size();
      if ((filters_[place] & bits) == bits && posts_[ring_[place]].has(key)) visit(ring_[place]);
    }
  }

  const StoredPost& operator[](std::uint32_t post) const { return posts_[post]; }
  std::size_t memory_bytes() const;

  template <class Visitor>
  void archive(Visitor& visitor);

 private:
  std::vector<StoredPost> posts_;
  std::vector<std::uint32_t> free_;
  static std::uint64_t filter_bits(std::uint64_t key) {
    return std::uint64_t{1} << (key >> 58) | std::uint64_t{1} << (key >> 52 & 63);
  }
  std::uint64_t filter_of(std::uint32_t post) const;

  std::vector<std::uint32_t> ring_;
  std::vector<std::uint64_t> filters_;  // of the ring: which keys each post may have
  std::size_t next_ = 0;
};

// A hash of the words of a text without links, mentions, digits and case: what copies have in
// common. Never 0.
std::uint64_t saying_of(std::string_view text);

}  // namespace trends
