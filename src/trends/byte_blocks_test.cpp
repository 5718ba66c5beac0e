#include "trends/byte_blocks.h"

#include <cctype>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace trends {
namespace {

std::string random_bytes(std::size_t size) {
  static std::mt19937 random{5};
  static const std::string usual = "@A#Z$[`{az09_: \n\t\r\"\\/\x7f\x80\xff";
  std::string text;
  for (std::size_t i = 0; i < size; ++i)
    text += random() % 2 == 0 ? usual[random() % usual.size()] : static_cast<char>(random() % 256);
  return text;
}

bool bit(std::uint64_t bits, std::size_t number) { return (bits >> number % 64 & 1) != 0; }

TEST(ByteBlocks, SayWhatEveryByteOfATextIs) {
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string text = random_bytes(size);
    std::vector<TextBits> bits(size / block_size + 1);
    std::string lower(bits.size() * block_size, '?');
    classify_text(text.data(), size, lower.data(), bits.data());
    for (std::size_t i = 0; i < (size + block_size - 1) / block_size * block_size; ++i) {
      const char c = i < size ? text[i] : '\0';
      const auto byte = static_cast<unsigned char>(c);
      const TextBits& block = bits[i / block_size];
      const bool word = byte >= 0x80 || std::isalnum(byte) != 0 || c == '_';
      ASSERT_EQ(lower[i], byte < 0x80 ? static_cast<char>(std::tolower(byte)) : c);
      ASSERT_EQ(bit(block.words, i), word) << int{byte};
      ASSERT_EQ(bit(block.foreign, i), byte >= 0x80);
      ASSERT_EQ(bit(block.signs, i), c == '@' || c == '#' || c == '$');
      ASSERT_EQ(bit(block.colons, i), c == ':');
    }
  }
}

TEST(ByteBlocks, SayWhatEveryByteOfALineIs) {
  const std::size_t blocks = 50;
  const std::string text = random_bytes(blocks * block_size);
  std::vector<LineBits> bits(blocks);
  classify_lines(text.data(), blocks, bits.data());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const LineBits& block = bits[i / block_size];
    const bool control = static_cast<unsigned char>(text[i]) < ' ' && text[i] != '\n';
    ASSERT_EQ(bit(block.quotes, i), text[i] == '"');
    ASSERT_EQ(bit(block.escapes, i), text[i] == '\\');
    ASSERT_EQ(bit(block.newlines, i), text[i] == '\n');
    ASSERT_EQ(bit(block.controls, i), control);
  }
}

}  // namespace
}  // namespace trends
