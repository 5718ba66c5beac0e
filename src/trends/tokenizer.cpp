#include "trends/tokenizer.h"

#include "trends/detector.h"
#include "trends/folding.h"
#include "trends/hashing.h"
#include "trends/links.h"
#include "trends/segmenter.h"

#include <bit>
#include <cstring>
#include <emmintrin.h>

namespace trends {

namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

bool all_digits(const char* data, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) {
    if (!is_digit(data[i]) && data[i] != '_') return false;
  }
  return true;
}

// What makes more of a run of word bytes than a plain word.
constexpr bool is_sign(char c) { return c == '@' || c == '#' || c == '$'; }

}  // namespace

Tokenizer::Tokenizer(KindSet kinds) : kinds_(kinds) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

// Whether a word that begins there is the neighbour of the last one.
[[gnu::always_inline]] inline bool Tokenizer::is_next(std::size_t begin) const {
  const std::size_t gap = begin - last_.end;
  return gap == 0 || (gap == 1 && (text_[last_.end] == ' ' || text_[last_.end] == '-'));
}

[[gnu::always_inline]] inline void Tokenizer::add_word(std::uint64_t hash, std::uint32_t name,
                                                       std::size_t length, std::size_t begin,
                                                       std::size_t end, bool alone) {
  if (alone && wants(Kind::word)) {
    keys_->add({.hash = key_hash(Kind::word, hash),
                .name = static_cast<std::uint16_t>(name),
                .spelling = static_cast<std::uint16_t>(begin),
                .name_length = static_cast<std::uint16_t>(length),
                .spelling_length = static_cast<std::uint16_t>(end - begin),
                .kind = Kind::word});
  }
  if (last_.valid && (alone || last_.length >= 3) && wants(Kind::bigram) && is_next(begin)) {
    keys_->add({.hash = bigram_hash(last_.hash, hash),
                .name = static_cast<std::uint16_t>(last_.name),
                .second_name = static_cast<std::uint16_t>(name),
                .spelling = static_cast<std::uint16_t>(last_.begin),
                .name_length = last_.length,
                .spelling_length = static_cast<std::uint16_t>(end - last_.begin),
                .second_length = static_cast<std::uint8_t>(length),
                .kind = Kind::bigram});
  }
  last_ = {.hash = hash,
           .name = name,
           .begin = static_cast<std::uint32_t>(begin),
           .end = static_cast<std::uint32_t>(end),
           .length = static_cast<std::uint16_t>(length),
           .valid = true};
}

[[gnu::always_inline]] inline void Tokenizer::take_ascii_word(std::size_t begin, std::size_t end) {
  const char* data = keys_->names.data();
  while (begin < end && data[begin] == '_') ++begin;
  while (end > begin && data[end - 1] == '_') --end;
  data += begin;
  const std::size_t length = end - begin;
  if (length == 0) return;
  if (length > word_max || (length == 1 && !is_digit(*data))) {
    last_.valid = false;
    return;
  }
  const std::uint64_t hash = hash_padded(data, length);
  const bool number = is_digit(*data) && all_digits(data, length);
  if (stop_words_.contains(hash, languages_) || (number && length > 4)) {
    last_.valid = false;
    return;
  }
  const bool acronym = length == 2 && is_upper(text_[begin]) && !is_lower(text_[begin + 1]);
  add_word(hash, static_cast<std::uint32_t>(begin), length, begin, end,
           !number && (length >= 3 || acronym));
}

void Tokenizer::run(const MentionView& mention, PostKeys& keys) {
  text_ = mention.text.substr(0, text_max);
  keys_ = &keys;
  keys.start(text_);
  if (mention.language != language_) {
    language_ = mention.language;
    languages_ = StopWords::languages(language_);
  }
  links_given_ = !mention.links.empty();
  last_.valid = false;
  find_words();
  for (std::size_t edge = 0; edge < edge_count_ && !keys.full();) {
    const std::size_t begin = edges_[edge];
    const std::size_t end = edges_[edge + 1];
    const char before = begin > 0 ? text_[begin - 1] : ' ';
    if (any_foreign_ || is_sign(before) || keys.names[end] == ':') {
      edge = take_special(edge);
    } else {
      take_ascii_word(begin, end);
      edge += 2;
    }
  }
  for (const auto tag : mention.tags) take_given_tag(tag);
  for (const auto link : mention.links) take_given_link(link);
}

// Lowers the text into names and finds its runs of word bytes (letters, digits, '_' and everything
// above ASCII). At least hash_padding zero bytes follow.
void Tokenizer::find_words() {
  const std::size_t size = text_.size();
  const std::size_t padded = (size + hash_padding + 63) / 64 * 64;
  keys_->names.resize_and_overwrite(padded, [&](char* names, std::size_t) {
    if (size > 0) std::memcpy(names, text_.data(), size);
    std::memset(names + size, 0, padded - size);
    return padded;
  });
  char* const data = keys_->names.data();
  if (foreign_bits_.size() < padded / 64) foreign_bits_.resize(padded / 64);
  const auto between = [](__m128i bytes, char low, char high) {
    return _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(static_cast<char>(low - 1))),
                         _mm_cmpgt_epi8(_mm_set1_epi8(static_cast<char>(high + 1)), bytes));
  };
  edge_count_ = 0;
  in_word_ = false;
  std::uint64_t any_foreign = 0;
  for (std::size_t block = 0; block < padded; block += 64) {
    std::uint64_t words = 0;
    std::uint64_t foreign = 0;
    for (std::size_t part = 0; part < 64; part += 16) {
      auto* place = reinterpret_cast<__m128i*>(data + block + part);
      const __m128i bytes = _mm_loadu_si128(place);
      const __m128i lower =
          _mm_or_si128(bytes, _mm_and_si128(between(bytes, 'A', 'Z'), _mm_set1_epi8(0x20)));
      _mm_storeu_si128(place, lower);
      const __m128i word =
          _mm_or_si128(_mm_or_si128(between(lower, 'a', 'z'), between(lower, '0', '9')),
                       _mm_cmpeq_epi8(lower, _mm_set1_epi8('_')));
      const auto high = static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(bytes)));
      words |= (static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(word))) | high)
               << part;
      foreign |= high << part;
    }
    foreign_bits_[block / 64] = foreign;
    any_foreign |= foreign;
    mark_words(block, words);
  }
  any_foreign_ = any_foreign != 0;
}

// The borders of the runs of one bits.
void Tokenizer::mark_words(std::size_t block, std::uint64_t words) {
  std::uint64_t edges = words ^ (words << 1 | static_cast<std::uint64_t>(in_word_));
  in_word_ = words >> 63 != 0;
  std::uint16_t* out = edges_.data() + edge_count_;
  edge_count_ += static_cast<std::size_t>(std::popcount(edges));
  for (; edges != 0; edges &= edges - 1)
    *out++ = static_cast<std::uint16_t>(block + static_cast<std::size_t>(std::countr_zero(edges)));
}

bool Tokenizer::has_foreign(std::size_t begin, std::size_t end) const {
  if (!any_foreign_) return false;
  std::size_t index = begin / 64;
  const std::size_t last = (end - 1) / 64;
  std::uint64_t bits = foreign_bits_[index] & (~std::uint64_t{0} << (begin % 64));
  for (; index < last; bits = foreign_bits_[++index]) {
    if (bits != 0) return true;
  }
  return (bits & (~std::uint64_t{0} >> (63 - (end - 1) % 64))) != 0;
}

// One run of word bytes and what its surroundings make of it; says with which edge to go on.
std::size_t Tokenizer::take_special(std::size_t edge) {
  const std::size_t begin = edges_[edge];
  const std::size_t end = edges_[edge + 1];
  const char before = begin > 0 ? text_[begin - 1] : ' ';
  const std::string& names = keys_->names;
  if (before == '@') {
    last_.valid = false;
    return skip_mention(edge);
  }
  const std::size_t length = end - begin;
  if ((length == 4 || length == 5) && names[begin] == 'h' && names.compare(end, 3, "://") == 0 &&
      names.compare(begin, 4, "http") == 0 && (length == 4 || names[begin + 4] == 's')) {
    last_.valid = false;
    return edge_at(edge, take_link(begin, end + 3));
  }
  const bool foreign = has_foreign(begin, end);
  if (before == '#') {
    if (foreign) {
      take_foreign(begin, end, true);
    } else {
      add_tag(static_cast<std::uint32_t>(begin), length, begin, end, false);
    }
    last_.valid = false;
  } else if (before == '$' && !foreign) {
    take_cashtag(begin, end);
    last_.valid = false;
  } else if (foreign) {
    take_foreign(begin, end, false);
  } else {
    take_ascii_word(begin, end);
  }
  return edge + 2;
}

// The first run that begins at the position or behind it.
std::size_t Tokenizer::edge_at(std::size_t edge, std::size_t position) const {
  while (edge < edge_count_ && edges_[edge] < position) edge += 2;
  return edge;
}

// "@user.bsky.social" and "name@host.org": nothing of it is a topic.
std::size_t Tokenizer::skip_mention(std::size_t edge) const {
  for (;; edge += 2) {
    const std::size_t end = edges_[edge + 1];
    const bool joined = end < text_.size() &&
                        (text_[end] == '.' || text_[end] == '-' || text_[end] == '@') &&
                        edge + 2 < edge_count_ && edges_[edge + 2] == end + 1;
    if (!joined) return edge + 2;
  }
}

std::size_t Tokenizer::take_link(std::size_t begin, std::size_t after_scheme) {
  std::size_t end = after_scheme;
  const auto inside = [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '<' && c != '>' && c != '"' && c != 0x7F &&
           c != '|';
  };
  while (end < text_.size() && inside(text_[end])) ++end;
  const std::string_view rest = text_.substr(begin, end - begin);
  const bool cut =
      rest.find("\xE2\x80\xA6") != std::string_view::npos;  // an ellipsis: truncated by a repost
  std::size_t stop = end;
  while (stop > after_scheme && std::strchr(".,;:!?'*)]}", text_[stop - 1]) != nullptr) --stop;
  if (!cut && !links_given_) take_given_link(text_.substr(begin, stop - begin));
  return end;
}

// A run with bytes above ASCII: decoded, folded, cut where Unicode has no letter, digit or mark.
void Tokenizer::take_foreign(std::size_t begin, std::size_t end, bool tag) {
  std::size_t position = begin;
  while (position < end && has_room()) {
    Piece piece = next_piece(text_.substr(0, end), position);
    if (piece.begin == piece.end) break;
    position = piece.end;
    const bool attached = tag && piece.begin == begin;
    if (piece.truncated) {
      last_.valid = false;
    } else if (!attached && piece.unspaced) {
      take_segments(piece.begin, piece.end);
    } else {
      const auto name = static_cast<std::uint32_t>(keys_->names.size());
      fold_word(text_.substr(piece.begin, piece.end - piece.begin), keys_->names);
      const std::size_t length = keys_->names.size() - name;
      if (attached) {
        add_tag(name, length, piece.begin, piece.end, false);
        last_.valid = false;
      } else if (length > 0 && length <= word_max) {
        const std::uint64_t hash = hash_bytes(keys_->names.data() + name, length);
        const bool number = all_digits(keys_->names.data() + name, length);
        if (stop_words_.contains(hash, languages_)) {
          last_.valid = false;
        } else {
          add_word(hash, name, length, piece.begin, piece.end, piece.code_points >= 3 && !number);
        }
      } else {
        last_.valid = false;
      }
    }
  }
}

void Tokenizer::take_segments(std::size_t begin, std::size_t end) {
  if (!segmenter_) segmenter_ = std::make_unique<WordSegmenter>();
  last_.valid = false;
  for (const Piece& piece : segmenter_->split(text_, begin, end)) {
    if (!has_room()) break;
    const auto name = static_cast<std::uint32_t>(keys_->names.size());
    fold_word(text_.substr(piece.begin, piece.end - piece.begin), keys_->names);
    const std::size_t length = keys_->names.size() - name;
    if (length == 0 || length > word_max) continue;
    const std::uint64_t hash = hash_bytes(keys_->names.data() + name, length);
    if (stop_words_.contains(hash, languages_)) {
      last_.valid = false;
    } else {
      add_word(hash, name, length, piece.begin, piece.end, piece.code_points >= 2);
    }
  }
  last_.valid = false;
}

void Tokenizer::take_cashtag(std::size_t begin, std::size_t end) {
  const std::size_t length = end - begin;
  const std::string& names = keys_->names;
  if (length > 8 || !wants(Kind::cashtag)) return;
  for (std::size_t i = begin; i < end; ++i) {
    if (!is_lower(names[i])) return;
  }
  const std::uint64_t hash = key_hash(Kind::cashtag, hash_padded(names.data() + begin, length));
  keys_->add({.hash = hash,
              .name = static_cast<std::uint16_t>(begin),
              .spelling = static_cast<std::uint16_t>(begin),
              .name_length = static_cast<std::uint16_t>(length),
              .spelling_length = static_cast<std::uint16_t>(length),
              .kind = Kind::cashtag});
}

void Tokenizer::take_given_tag(std::string_view tag) {
  const bool cash = tag.starts_with('$');
  if (cash || tag.starts_with('#')) tag.remove_prefix(1);
  if (tag.empty() || tag.size() > tag_max || keys_->full() || !has_room()) return;
  const std::uint32_t spelling = append_name(tag);
  const auto name = static_cast<std::uint32_t>(keys_->names.size());
  fold_word(tag, keys_->names);
  const std::size_t length = keys_->names.size() - name;
  if (length == 0 || length > tag_max) return;
  if (!cash) return add_tag(name, length, spelling, spelling + tag.size(), true);
  if (!wants(Kind::cashtag)) return;
  keys_->add({.hash = key_hash(Kind::cashtag, hash_bytes(keys_->names.data() + name, length)),
              .name = static_cast<std::uint16_t>(name),
              .spelling = static_cast<std::uint16_t>(spelling),
              .name_length = static_cast<std::uint16_t>(length),
              .spelling_length = static_cast<std::uint16_t>(tag.size()),
              .kind = Kind::cashtag,
              .spelling_in_names = true});
}

void Tokenizer::take_given_link(std::string_view link) {
  if (!wants(Kind::link) || keys_->full() || !has_room()) return;
  const auto name = static_cast<std::uint32_t>(keys_->names.size());
  if (!canonical_link(link, keys_->names)) return;
  const std::size_t length = keys_->names.size() - name;
  keys_->add({.hash = key_hash(Kind::link, hash_bytes(keys_->names.data() + name, length)),
              .name = static_cast<std::uint16_t>(name),
              .spelling = static_cast<std::uint16_t>(name),
              .name_length = static_cast<std::uint16_t>(length),
              .spelling_length = static_cast<std::uint16_t>(length),
              .kind = Kind::link,
              .spelling_in_names = true});
}

void Tokenizer::add_tag(std::uint32_t name, std::size_t length, std::size_t begin, std::size_t end,
                        bool in_names) {
  if (!wants(Kind::tag) || length == 0 || length > tag_max) return;
  if (all_digits(keys_->names.data() + name, length)) return;
  keys_->add({.hash = key_hash(Kind::tag, hash_bytes(keys_->names.data() + name, length)),
              .name = static_cast<std::uint16_t>(name),
              .spelling = static_cast<std::uint16_t>(begin),
              .name_length = static_cast<std::uint16_t>(length),
              .spelling_length = static_cast<std::uint16_t>(end - begin),
              .kind = Kind::tag,
              .spelling_in_names = in_names});
}

std::uint32_t Tokenizer::append_name(std::string_view text) {
  const auto place = static_cast<std::uint32_t>(keys_->names.size());
  keys_->names += text;
  return place;
}

}  // namespace trends
