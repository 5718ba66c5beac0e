#include "trends/flat_lines.h"

#include <bit>
#include <cstring>
#include <simdjson.h>

namespace trends {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The value of four hexadecimal digits, or -1.
int hex4(const char* digits) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = digits[i];
    const char lower = static_cast<char>(c | 0x20);
    const int digit = is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

char* append_utf8(char* out, std::uint32_t c) {
  const auto tail = [](std::uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (c < 0x80) {
    *out++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *out++ = static_cast<char>(0xC0 | c >> 6);
    *out++ = tail(c);
  } else if (c < 0x10000) {
    *out++ = static_cast<char>(0xE0 | c >> 12);
    *out++ = tail(c >> 6);
    *out++ = tail(c);
  } else {
    *out++ = static_cast<char>(0xF0 | c >> 18);
    *out++ = tail(c >> 12);
    *out++ = tail(c >> 6);
    *out++ = tail(c);
  }
  return out;
}

// What a backslash and this letter stand for; 0 when nothing.
char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

// Reads "uXXXX" (or a pair of them) behind a backslash; the bytes read, or 0.
std::size_t read_unicode(std::string_view raw, std::uint32_t& c) {
  if (raw.size() < 5) return 0;
  const int first = hex4(raw.data() + 1);
  if (first < 0) return 0;
  c = static_cast<std::uint32_t>(first);
  if (first < 0xD800 || first > 0xDFFF) return 5;
  if (first > 0xDBFF || raw.size() < 11 || raw[5] != '\\' || raw[6] != 'u') return 0;
  const int second = hex4(raw.data() + 7);
  if (second < 0xDC00 || second > 0xDFFF) return 0;
  c = 0x10000 + ((c - 0xD800) << 10) + static_cast<std::uint32_t>(second - 0xDC00);
  return 11;
}

// Takes escaped quotes out; `escaping` where the block before ended with a backslash that escapes,
// and then where this one does.
void drop_escaped(LineBits& block, bool& escaping) {
  std::uint64_t escaped = escaping ? 1 : 0;
  escaping = false;
  for (std::uint64_t left = block.escapes & ~escaped; left != 0;) {
    const int at = std::countr_zero(left);
    left &= left - 1;
    escaping = at == 63;
    if (at < 63) {
      escaped |= std::uint64_t{2} << at;
      left &= ~(std::uint64_t{2} << at);
    }
  }
  block.quotes &= ~escaped;
}

}  // namespace

bool FlatLines::start(std::string_view chunk, std::pmr::memory_resource& kept) {
  data_ = chunk.data();
  size_ = chunk.size();
  kept_ = &kept;
  if (!simdjson::validate_utf8(data_, size_)) return false;
  index();
  return true;
}

void FlatLines::index() {
  const std::size_t count = size_ / block_size + 1;
  if (blocks_.size() < count) blocks_.resize(count);
  classify_lines(data_, count, blocks_.data());
  bool escaping = false;
  for (std::size_t i = 0; i < count; ++i) {
    if (blocks_[i].escapes != 0 || escaping) drop_escaped(blocks_[i], escaping);
  }
}

// The first such byte at or behind `from`, or the end of the chunk.
std::size_t FlatLines::next_bit(std::uint64_t LineBits::* bits, std::size_t from) const {
  if (from >= size_) return size_;
  std::size_t block = from / 64;
  std::uint64_t word = blocks_[block].*bits & (~std::uint64_t{0} << (from % 64));
  while (word == 0) {
    if (++block * 64 >= size_) return size_;
    word = blocks_[block].*bits;
  }
  return std::min(size_, block * 64 + static_cast<std::size_t>(std::countr_zero(word)));
}

bool FlatLines::read(std::size_t begin, std::size_t& next) {
  const std::size_t end = next_bit(&LineBits::newlines, begin);
  next = std::min(size_, end + 1);
  std::uint64_t controls = 0;
  std::uint64_t escapes = 0;
  for (std::size_t block = begin / 64; block <= end / 64 && block * 64 < size_; ++block) {
    controls |= blocks_[block].controls;  // those of a neighbour cost a detour, no more
    escapes |= blocks_[block].escapes;
  }
  if (controls != 0 && next_bit(&LineBits::controls, begin) < end) return false;
  escapes_ = escapes != 0;
  field_count_ = 0;
  item_count_ = 0;
  return read_object(begin, end);
}

bool FlatLines::read_object(std::size_t at, std::size_t end) {
  if (data_[at] != '{') return false;
  do {
    if (field_count_ == fields_max) return false;
    Head& head = heads_[field_count_];
    Field& field = fields_[field_count_++];
    if (head.length == 0 || !stands_at(head, at)) {
      if (!read_head(at, end, head, field.name)) return false;
    } else {
      field.name = {head.bytes.data() + head.name, head.name_length};
      at += head.length;
      skip_blanks(at);
    }
    if (!read_value(at, end, field)) return false;
    skip_blanks(at);
  } while (at < end && data_[at] == ',');
  if (at >= end || data_[at++] != '}') return false;
  skip_blanks(at);
  return at == end;
}

[[gnu::always_inline]] inline bool FlatLines::stands_at(const Head& head, std::size_t at) const {
  std::uint64_t differences = 0;
  for (std::size_t i = 0; i < head_max / 8; ++i) {
    std::uint64_t here;
    std::uint64_t there;
    std::memcpy(&here, data_ + at + 8 * i, 8);
    std::memcpy(&there, head.bytes.data() + 8 * i, 8);
    differences |= (here ^ there) & head.masks[i];
  }
  return differences == 0;
}

// What stands in front of a value: the brace or comma, its name and the colon. Remembered, because
// the next line will most likely say the same.
bool FlatLines::read_head(std::size_t& at, std::size_t end, Head& head, std::string_view& name) {
  const std::size_t begin = at++;
  head.length = 0;
  skip_blanks(at);
  if (!read_string(at, end, name)) return false;
  skip_blanks(at);
  if (data_[at++] != ':') return false;
  skip_blanks(at);
  const std::size_t length = at - begin;
  const bool as_written = name.data() > data_ + begin && name.data() < data_ + at;
  if (at >= end || length > head_max || !as_written) return true;
  head.bytes = {};
  std::memcpy(head.bytes.data(), data_ + begin, length);
  for (std::size_t i = 0; i < length; ++i)
    head.masks[i / 8] = (i % 8 == 0 ? 0 : head.masks[i / 8]) | std::uint64_t{0xFF} << (i % 8 * 8);
  for (std::size_t i = (length + 7) / 8; i < head_max / 8; ++i) head.masks[i] = 0;
  head.length = static_cast<std::uint8_t>(length);
  head.name = static_cast<std::uint8_t>(name.data() - (data_ + begin));
  head.name_length = static_cast<std::uint8_t>(name.size());
  return true;
}

bool FlatLines::read_value(std::size_t& at, std::size_t end, Field& field) {
  switch (data_[at]) {
    case '"':
      field.type = Type::text;
      return read_string(at, end, field.value);
    case '[':
      return read_list(at, end, field);
    case 't':
    case 'f':
    case 'n':
      return read_literal(at, field);
    default:
      return read_number(at, end, field);
  }
}

inline bool FlatLines::read_string(std::size_t& at, std::size_t end, std::string_view& text) {
  if (data_[at] != '"') return false;
  const std::size_t close = next_bit(&LineBits::quotes, at + 1);
  if (close >= end) return false;
  text = {data_ + at + 1, close - at - 1};
  at = close + 1;
  if (!escapes_ || std::memchr(text.data(), '\\', text.size()) == nullptr) return true;
  return unescape(text, text);
}

bool FlatLines::read_list(std::size_t& at, std::size_t end, Field& field) {
  field.type = Type::list;
  field.value = {};
  field.first = static_cast<std::uint16_t>(item_count_);
  ++at;
  skip_blanks(at);
  const bool empty = data_[at] == ']';
  for (; !empty; ++at) {
    skip_blanks(at);
    if (item_count_ == list_max || !read_string(at, end, items_[item_count_])) return false;
    ++item_count_;
    skip_blanks(at);
    if (data_[at] != ',') break;
  }
  field.last = static_cast<std::uint16_t>(item_count_);
  return at < end && data_[at++] == ']';
}

// Whole ones of at most 18 digits.
bool FlatLines::read_number(std::size_t& at, std::size_t end, Field& field) const {
  const std::size_t begin = at;
  if (data_[at] == '-') ++at;
  const std::size_t digits = at;
  while (at < end && is_digit(data_[at])) ++at;
  const std::size_t count = at - digits;
  if (count == 0 || count > 18 || (count > 1 && data_[digits] == '0')) return false;
  field.type = Type::number;
  field.value = {data_ + begin, at - begin};
  return data_[at] == ',' || data_[at] == '}' || data_[at] == ' ';
}

bool FlatLines::read_literal(std::size_t& at, Field& field) const {
  field.type = Type::literal;
  for (const std::string_view literal : {"true", "false", "null"}) {
    if (std::memcmp(data_ + at, literal.data(), literal.size()) != 0) continue;
    field.value = literal;
    at += literal.size();
    return true;
  }
  return false;
}

bool FlatLines::unescape(std::string_view raw, std::string_view& text) {
  char* const begin = static_cast<char*>(kept_->allocate(raw.size(), 1));
  char* out = begin;
  for (std::size_t at = 0; at < raw.size();) {
    if (raw[at] != '\\') {
      *out++ = raw[at++];
      continue;
    }
    if (++at == raw.size()) return false;
    if (const char plain = simple_escape(raw[at]); plain != 0) {
      *out++ = plain;
      ++at;
      continue;
    }
    std::uint32_t c = 0;
    const std::size_t read = raw[at] == 'u' ? read_unicode(raw.substr(at), c) : 0;
    if (read == 0) return false;
    out = append_utf8(out, c);
    at += read;
  }
  text = {begin, static_cast<std::size_t>(out - begin)};
  return true;
}

}  // namespace trends
