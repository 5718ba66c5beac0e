// FlatLines: the usual lines of a recorded stream, read without a general parser.
//
// Why: nearly every line is one flat object of strings, lists of strings, whole numbers and
// literals. Where a block of 64 bytes has quotes, backslashes and control characters is found at
// once; what names a field is held against what did in the line before; then a field is a few
// comparisons. What is not such a line, or breaks a rule of JSON, is left to the general parser:
// what is taken here is JSON, and read as that would read it. The chunk must be UTF-8 (checked by
// start()). One owner at a time.
#pragma once

#include "trends/byte_blocks.h"

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace trends {

class FlatLines {
 public:
  static constexpr std::size_t fields_max = 24;
  static constexpr std::size_t list_max = 64;

  enum class Type : std::uint8_t { text, number, literal, list };
  struct Field {
    std::string_view name;
    std::string_view value;  // of a text what it says, of others what stands there
    Type type;
    std::uint16_t first;  // of a list: where its items begin and end
    std::uint16_t last;
  };

  // `kept` holds unescaped texts. False when the chunk is not UTF-8. The chunk must be readable for
  // 64 bytes beyond its end, and live as long as fields are asked for.
  bool start(std::string_view chunk, std::pmr::memory_resource& kept);

  // Reads the line that begins at `begin`; says where the next one begins. False when this line is
  // not for here (`next` is right all the same).
  bool read(std::size_t begin, std::size_t& next);

  const Field* begin() const { return fields_.data(); }
  const Field* end() const { return fields_.data() + field_count_; }
  std::string_view item(std::size_t number) const { return items_[number]; }

 private:
  // How a value was introduced in the line before.
  static constexpr std::size_t head_max = 24;
  struct Head {
    std::array<char, head_max> bytes;
    std::array<std::uint64_t, head_max / 8> masks;  // all ones where there are bytes
    std::uint8_t length = 0;                        // 0: not known
    std::uint8_t name = 0;                          // where its name begins
    std::uint8_t name_length = 0;
  };

  void index();
  std::size_t next_bit(std::uint64_t LineBits::* bits, std::size_t from) const;
  bool read_object(std::size_t at, std::size_t end);
  bool stands_at(const Head& head, std::size_t at) const;
  bool read_head(std::size_t& at, std::size_t end, Head& head, std::string_view& name);
  bool read_value(std::size_t& at, std::size_t end, Field& field);
  bool read_string(std::size_t& at, std::size_t end, std::string_view& text);
  bool read_list(std::size_t& at, std::size_t end, Field& field);
  bool read_number(std::size_t& at, std::size_t end, Field& field) const;
  bool read_literal(std::size_t& at, Field& field) const;
  bool unescape(std::string_view raw, std::string_view& text);
  void skip_blanks(std::size_t& at) const {
    while (data_[at] == ' ') ++at;
  }

  const char* data_ = nullptr;
  std::size_t size_ = 0;
  std::pmr::memory_resource* kept_ = nullptr;
  std::vector<LineBits> blocks_;  // quotes are those that no backslash escapes
  bool escapes_ = false;          // in the line that is read
  std::array<Head, fields_max> heads_;
  std::array<Field, fields_max> fields_;
  std::size_t field_count_ = 0;
  std::array<std::string_view, list_max> items_;
  std::size_t item_count_ = 0;
};

}  // namespace trends
