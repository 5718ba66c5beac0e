// Tokenizer: the keys of one post, each once: words, bigrams, hashtags, cashtags and links.
//
// ASCII is lowered and classified 64 bytes at a time and hashed in place; words are sifted first
// and become keys after that, both without branches that depend on the words. Only runs with other
// bytes are decoded and folded (ICU), and only scripts without blanks (Han, kana, Thai, ...) are
// segmented by dictionary. Input is hostile: any bytes, any length (only the first text_max are
// read), at most tokens_max keys a post. Keeps buffers and a break iterator: one owner at a time.
#pragma once

#include "trends/byte_blocks.h"
#include "trends/post_keys.h"
#include "trends/stop_words.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trends {

struct MentionView;
class WordSegmenter;
struct Piece;

class Tokenizer {
 public:
  static constexpr std::size_t text_max = 10'000;
  static constexpr std::size_t tokens_max = PostKeys::tokens_max;
  static constexpr std::size_t word_max = 48;  // bytes; longer ones are not words
  static constexpr std::size_t tag_max = 100;

  explicit Tokenizer(KindSet kinds);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  // The keys refer to the mention's text.
  void run(const MentionView& mention, PostKeys& keys);

 private:
  struct Found {  // bytes, as in Part
    std::size_t name;
    std::size_t length;
    std::size_t begin;
    std::size_t end;
    bool in_names = false;
  };
  // Of names, so that what is appended at once still ends within names_max.
  static constexpr std::size_t room_max = PostKeys::names_max - 6'000;
  void find_words();
  void mark_words(std::size_t block, std::uint64_t words);
  bool has_foreign(std::size_t begin, std::size_t end) const;
  bool is_special(std::size_t begin, std::size_t end) const;
  bool begins_link(std::size_t begin, std::size_t end) const;
  std::size_t take_special(std::size_t edge);
  std::size_t edge_at(std::size_t edge, std::size_t position) const;
  std::size_t take_link(std::size_t begin, std::size_t after_scheme);
  std::size_t skip_mention(std::size_t edge) const;
  void take_words();
  bool has_room() const { return keys_->names.size() <= room_max; }
  void take_foreign(std::size_t begin, std::size_t end, bool tag);
  void take_segments(std::size_t begin, std::size_t end);
  void take_cashtag(std::size_t begin, std::size_t end);
  void take_given_tag(std::string_view tag);
  void take_given_link(std::string_view link);
  Found fold(const Piece& piece);
  void add_single(Kind kind, const Found& found);
  void add_word(const Found& found, bool alone);
  void make_keys();
  static Part part_of(const Found& found, std::uint64_t hash);
  bool wants(Kind kind) const { return (kinds_ & kind_bit(kind)) != 0; }

  KindSet kinds_;
  StopWords stop_words_;
  std::string language_;  // of the last post
  std::uint32_t languages_ = ~0U;
  bool links_given_ = false;
  std::string_view text_;
  PostKeys* keys_ = nullptr;  // of the post that is read
  // Where runs of word bytes begin and end, by turns.
  std::array<std::uint16_t, text_max + 10> edges_;
  std::size_t edge_count_ = 0;
  bool in_word_ = false;      // at the end of the last block
  bool any_foreign_ = false;  // in the text
  bool any_special_ = false;  // run that is more than a plain word
  std::vector<TextBits> bits_;
  bool broken_ = true;  // the next word follows none
  std::unique_ptr<WordSegmenter> segmenter_;
};

}  // namespace trends
