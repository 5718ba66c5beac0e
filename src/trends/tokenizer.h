// Tokenizer: the keys of one post, each once: words, bigrams, hashtags, cashtags and links.
//
// ASCII is lowered and classified sixteen bytes at a time and hashed in place; only runs with other
// bytes are decoded and folded (ICU), and only scripts without blanks (Han, kana, Thai, ...) are
// segmented by dictionary. Input is hostile: any bytes, any length (only the first text_max are
// read), at most tokens_max keys a post. Keeps buffers and a break iterator: one owner at a time;
// tokens refer to it until the next run().
#pragma once

#include "trends/stop_words.h"
#include "trends/trend.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trends {

struct MentionView;
class WordSegmenter;

// Positions are bytes: `name` in names(), `spelling` in the post's text or, with in_names, in
// names().
struct Token {
  std::uint64_t hash = 0;
  std::uint32_t name = 0;         // normalised first (or only) word
  std::uint32_t second_name = 0;  // of a bigram
  std::uint32_t spelling = 0;
  std::uint16_t name_length = 0;
  std::uint16_t second_length = 0;
  std::uint16_t spelling_length = 0;
  Kind kind = Kind::word;
  bool spelling_in_names = false;
};

class Tokenizer {
 public:
  static constexpr std::size_t text_max = 10'000;
  static constexpr std::size_t tokens_max = 64;
  static constexpr std::size_t word_max = 48;  // bytes; longer ones are not words
  static constexpr std::size_t tag_max = 100;

  explicit Tokenizer(KindSet kinds);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  std::span<const Token> run(const MentionView& mention);

  // The normalised topic ("#tag", "$cash", "two words") and how it was written in this post.
  std::string topic(const Token& token) const;
  std::string spelling(const Token& token) const;

 private:
  struct Word {  // the word before, for bigrams
    std::uint64_t hash = 0;
    std::uint32_t name = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint16_t length = 0;
    bool valid = false;
  };
  void classify();
  std::size_t next_word(std::size_t from) const;
  std::size_t word_end(std::size_t from) const;
  bool has_foreign(std::size_t begin, std::size_t end) const;
  std::size_t take_run(std::size_t begin, std::size_t end);
  std::size_t take_link(std::size_t begin, std::size_t after_scheme);
  std::size_t skip_mention(std::size_t end) const;
  void take_ascii_word(std::size_t begin, std::size_t end);
  void take_foreign(std::size_t begin, std::size_t end, bool tag);
  void take_segments(std::size_t begin, std::size_t end);
  bool take_cashtag(std::size_t begin, std::size_t end);
  void take_given_tag(std::string_view tag);
  void take_given_link(std::string_view link);
  void add_tag(std::uint32_t name, std::size_t length, std::size_t begin, std::size_t end,
               bool in_names);
  void add_word(std::uint64_t hash, std::uint32_t name, std::size_t length, std::size_t begin,
                std::size_t end, bool alone, bool stop);
  bool add(const Token& token);
  std::uint32_t append_name(std::string_view text);
  bool wants(Kind kind) const { return (kinds_ & kind_bit(kind)) != 0; }

  KindSet kinds_;
  StopWords stop_words_;
  std::string language_;  // of the last post
  std::uint32_t languages_ = ~0U;
  bool links_given_ = false;
  std::string_view text_;
  std::string names_;  // the text in lower case, then folded words, tags and links
  std::vector<std::uint64_t> word_bits_;
  std::vector<std::uint64_t> foreign_bits_;
  std::array<Token, tokens_max> tokens_;
  std::size_t count_ = 0;
  std::uint64_t seen_ = 0;  // one-hash filter of the keys so far
  Word last_;
  std::unique_ptr<WordSegmenter> segmenter_;
};

}  // namespace trends
