#include "trends/tokenizer.h"

#include "trends/detector.h"
#include "trends/folding.h"
#include "trends/hashing.h"
#include "trends/links.h"
#include "trends/segmenter.h"

#include <bit>
#include <cstring>

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

void Tokenizer::run(const MentionView& mention, PostKeys& keys) {
  text_ = mention.text.substr(0, text_max);
  keys_ = &keys;
  keys.start(text_);
  if (mention.language != language_) {
    language_ = mention.language;
    languages_ = StopWords::languages(language_);
  }
  links_given_ = !mention.links.empty();
  find_words();
  for (const auto tag : mention.tags) take_given_tag(tag);
  for (const auto link : mention.links) take_given_link(link);
  take_words();
  make_keys();
}

// Sifts the runs: what is worth a key becomes a part. Everything that the loop needs is in
// variables, because the compiler must assume that writing a part changes members.
void Tokenizer::take_words() {
  const StopWords::View stop_words = stop_words_.view(languages_);
  const char* const text = text_.data();
  const char* names = keys_->names.data();
  const bool specials = any_special_;
  const std::size_t edge_count = edge_count_;
  std::size_t count = keys_->part_count;
  broken_ = true;
  for (std::size_t edge = 0; edge < edge_count;) {
    std::size_t begin = edges_[edge];
    std::size_t end = edges_[edge + 1];
    if (specials && is_special(begin, end)) {
      keys_->part_count = count;
      edge = take_special(edge);
      names = keys_->names.data();
      count = keys_->part_count;
      if (keys_->full()) return;
      continue;
    }
    edge += 2;
    if ((names[begin] == '_') | (names[end - 1] == '_')) [[unlikely]] {
      while (begin < end && names[begin] == '_') ++begin;
      while (end > begin && names[end - 1] == '_') --end;
      if (begin == end) continue;
    }
    const std::size_t length = end - begin;
    const std::uint64_t hash = hash_padded(names + begin, length);
    const bool digit = is_digit(names[begin]);
    const bool number = digit && all_digits(names + begin, length);
    const bool upper = is_upper(text[begin]);
    const bool lower = is_lower(text[begin + (length > 1 ? 1 : 0)]);
    const bool alone = !number & ((length >= 3) | ((length == 2) & upper & !lower));
    const bool stop = stop_words.contains(hash);
    const bool wanted =
        (length <= word_max) & ((length > 1) | digit) & !(number & (length > 4)) & !stop;
    // Written in any case, counted where wanted: nobody can foretell which word is a stop word.
    keys_->parts[count] = {.hash = hash,
                           .name = static_cast<std::uint16_t>(begin),
                           .begin = static_cast<std::uint16_t>(begin),
                           .end = static_cast<std::uint16_t>(end),
                           .length = static_cast<std::uint16_t>(length & PostKeys::name_max),
                           .in_names = 0,
                           .alone = alone,
                           .follows = !broken_};
    count += static_cast<std::size_t>(wanted);
    broken_ = broken_ & !wanted;
    if (count == PostKeys::parts_max) break;
  }
  keys_->part_count = count;
}

// Keys of the words, and of those that are neighbours: between them is nothing, or a blank or a
// hyphen, so nothing that was left out.
void Tokenizer::make_keys() {
  PostKeys& keys = *keys_;
  const bool words = wants(Kind::word);
  const bool pairs = wants(Kind::bigram);
  const char* const text = text_.data();
  Part last{};
  for (std::size_t i = 0; i < keys.part_count; ++i) {
    const Part part = keys.parts[i];
    const auto number = static_cast<std::uint16_t>(i);
    keys.add(
        {.hash = key_hash(Kind::word, part.hash), .part = number, .second = 0, .kind = Kind::word},
        (part.alone != 0) & words);
    const unsigned gap = static_cast<unsigned>(part.begin) - last.end;
    const char between = text[last.end];
    const bool next = (gap == 0) | ((gap == 1) & ((between == ' ') | (between == '-')));
    keys.add({.hash = bigram_hash(last.hash, part.hash),
              .part = static_cast<std::uint16_t>(number - 1),
              .second = number,
              .kind = Kind::bigram},
             (part.follows != 0) & next & pairs & ((part.alone != 0) | (last.length >= 3)));
    last = part;
  }
}

// Lowers the text into names and finds its runs of word bytes (letters, digits, '_' and everything
// above ASCII). At least hash_padding zero bytes follow.
void Tokenizer::find_words() {
  const std::size_t size = text_.size();
  const std::size_t blocks = size / block_size + 1;
  if (bits_.size() < blocks) bits_.resize(blocks);
  keys_->names.resize_and_overwrite(blocks * block_size + hash_padding,
                                    [&](char* names, std::size_t length) {
                                      classify_text(text_.data(), size, names, bits_.data());
                                      if (size % block_size == 0)
                                        std::memset(names + size, 0, block_size);
                                      std::memset(names + blocks * block_size, 0, hash_padding);
                                      return length;
                                    });
  if (size % block_size == 0) bits_[blocks - 1] = {};
  edge_count_ = 0;
  in_word_ = false;
  std::uint64_t foreign = 0;
  std::uint64_t marks = 0;
  for (std::size_t block = 0; block < blocks; ++block) {
    const TextBits& bits = bits_[block];
    foreign |= bits.foreign;
    marks |= bits.signs | bits.colons;
    mark_words(block * block_size, bits.words);
  }
  any_foreign_ = foreign != 0;
  any_special_ = (foreign | marks) != 0;
}

// The borders of the runs of one bits.
void Tokenizer::mark_words(std::size_t block, std::uint64_t words) {
  std::uint64_t edges = words ^ (words << 1 | static_cast<std::uint64_t>(in_word_));
  in_word_ = words >> 63 != 0;
  std::uint16_t* out = edges_.data() + edge_count_;
  const auto count = static_cast<std::size_t>(std::popcount(edges));
  edge_count_ += count;
  const auto next = [&] {
    const int bit = std::countr_zero(edges);
    edges &= edges - 1;
    return static_cast<std::uint16_t>(block + static_cast<std::size_t>(bit));
  };
  // Eight at a time, though some may be none: how many there are is hard to foretell.
  for (std::size_t i = 0; i < count; i += 8) {
    for (std::size_t j = 0; j < 8; ++j) out[i + j] = next();
  }
}

// Whether a run is more than a plain word.
bool Tokenizer::is_special(std::size_t begin, std::size_t end) const {
  return (begin > 0 && is_sign(text_[begin - 1])) || begins_link(begin, end) ||
         has_foreign(begin, end);
}

bool Tokenizer::begins_link(std::size_t begin, std::size_t end) const {
  const char* const names = keys_->names.data();
  const std::size_t length = end - begin;
  return (length == 4 || length == 5) && std::memcmp(names + end, "://", 3) == 0 &&
         std::memcmp(names + begin, "https", length) == 0;
}

bool Tokenizer::has_foreign(std::size_t begin, std::size_t end) const {
  if (!any_foreign_) return false;
  std::size_t index = begin / 64;
  const std::size_t last = (end - 1) / 64;
  std::uint64_t bits = bits_[index].foreign & (~std::uint64_t{0} << (begin % 64));
  for (; index < last; bits = bits_[++index].foreign) {
    if (bits != 0) return true;
  }
  return (bits & (~std::uint64_t{0} >> (63 - (end - 1) % 64))) != 0;
}

// One run that is more than a plain word, and what its surroundings make of it; says with which
// edge to go on.
std::size_t Tokenizer::take_special(std::size_t edge) {
  const std::size_t begin = edges_[edge];
  const std::size_t end = edges_[edge + 1];
  const char before = begin > 0 ? text_[begin - 1] : ' ';
  if (before == '@') {
    broken_ = true;
    return skip_mention(edge);
  }
  if (begins_link(begin, end)) {
    broken_ = true;
    return edge_at(edge, take_link(begin, end + 3));
  }
  if (has_foreign(begin, end)) {
    take_foreign(begin, end, before == '#');
  } else if (before == '#') {
    add_single(Kind::tag, {.name = begin, .length = end - begin, .begin = begin, .end = end});
  } else {
    take_cashtag(begin, end);
  }
  if (before == '#' || before == '$') broken_ = true;
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
    const Piece piece = next_piece(text_.substr(0, end), position);
    if (piece.begin == piece.end) break;
    position = piece.end;
    const bool attached = tag && piece.begin == begin;
    if (piece.truncated) {
      broken_ = true;
    } else if (!attached && piece.unspaced) {
      take_segments(piece.begin, piece.end);
    } else {
      const Found found = fold(piece);
      if (attached) {
        add_single(Kind::tag, found);
        broken_ = true;
      } else {
        const bool number = all_digits(keys_->names.data() + found.name, found.length);
        add_word(found, piece.code_points >= 3 && !number);
      }
    }
  }
}

void Tokenizer::take_segments(std::size_t begin, std::size_t end) {
  if (!segmenter_) segmenter_ = std::make_unique<WordSegmenter>();
  broken_ = true;
  for (const Piece& piece : segmenter_->split(text_, begin, end)) {
    if (!has_room()) break;
    const Found found = fold(piece);
    if (found.length > 0 && found.length <= word_max) add_word(found, piece.code_points >= 2);
  }
  broken_ = true;
}

// Its folded form, behind the names.
Tokenizer::Found Tokenizer::fold(const Piece& piece) {
  const std::size_t name = keys_->names.size();
  fold_word(text_.substr(piece.begin, piece.end - piece.begin), keys_->names);
  return {
      .name = name, .length = keys_->names.size() - name, .begin = piece.begin, .end = piece.end};
}

void Tokenizer::take_cashtag(std::size_t begin, std::size_t end) {
  const std::size_t length = end - begin;
  const std::string& names = keys_->names;
  if (length > 8) return;
  for (std::size_t i = begin; i < end; ++i) {
    if (!is_lower(names[i])) return;
  }
  add_single(Kind::cashtag, {.name = begin, .length = length, .begin = begin, .end = end});
}

void Tokenizer::take_given_tag(std::string_view tag) {
  const bool cash = tag.starts_with('$');
  if (cash || tag.starts_with('#')) tag.remove_prefix(1);
  if (tag.empty() || tag.size() > tag_max || !has_room()) return;
  const std::size_t spelling = keys_->names.size();
  keys_->names += tag;
  const std::size_t name = keys_->names.size();
  fold_word(tag, keys_->names);
  add_single(cash ? Kind::cashtag : Kind::tag, {.name = name,
                                                .length = keys_->names.size() - name,
                                                .begin = spelling,
                                                .end = spelling + tag.size(),
                                                .in_names = true});
}

void Tokenizer::take_given_link(std::string_view link) {
  if (!wants(Kind::link) || !has_room()) return;
  const std::size_t name = keys_->names.size();
  if (!canonical_link(link, keys_->names)) return;
  const std::size_t end = keys_->names.size();
  add_single(Kind::link,
             {.name = name, .length = end - name, .begin = name, .end = end, .in_names = true});
}

// A key that is no word.
void Tokenizer::add_single(Kind kind, const Found& found) {
  const char* const name = keys_->names.data() + found.name;
  if (!wants(kind) || found.length == 0 || keys_->full()) return;
  if (kind == Kind::link ? found.length > PostKeys::name_max : found.length > tag_max) return;
  if (kind == Kind::tag && all_digits(name, found.length)) return;
  const Part part = part_of(found, hash_bytes(name, found.length));
  keys_->add({.hash = key_hash(kind, part.hash),
              .part = static_cast<std::uint16_t>(keys_->part_count),
              .second = 0,
              .kind = kind});
  keys_->parts[keys_->part_count++] = part;
}

void Tokenizer::add_word(const Found& found, bool alone) {
  const bool word = found.length > 0 && found.length <= word_max;
  const std::uint64_t hash = word ? hash_bytes(keys_->names.data() + found.name, found.length) : 0;
  if (!word || stop_words_.view(languages_).contains(hash)) {
    broken_ = true;
    return;
  }
  if (keys_->full()) return;
  Part part = part_of(found, hash);
  part.alone = alone;
  part.follows = !broken_;
  keys_->parts[keys_->part_count++] = part;
  broken_ = false;
}

Part Tokenizer::part_of(const Found& found, std::uint64_t hash) {
  return {.hash = hash,
          .name = static_cast<std::uint16_t>(found.name),
          .begin = static_cast<std::uint16_t>(found.begin),
          .end = static_cast<std::uint16_t>(found.end),
          .length = static_cast<std::uint16_t>(found.length & PostKeys::name_max),
          .in_names = found.in_names,
          .alone = 0,
          .follows = 0};
}

}  // namespace trends
