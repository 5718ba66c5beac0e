// LineInput: a file, a gzip file or standard input, as chunks of whole lines with room behind for a
// padded parser.
//
// Bounded: a line longer than line_max is skipped and reported as too long. Throws
// base::Unavailable when the input cannot be opened or read, or the compressed data is damaged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <zlib.h>

namespace trends {

class LineInput {
 public:
  static constexpr std::size_t chunk_size = 1 << 18;  // stays in the cache while it is read
  static constexpr std::size_t line_max = 4 << 20;
  static constexpr std::size_t padding = 256;

  struct Chunk {
    std::string_view
        lines;  // whole lines, each with its newline (the last of the input may lack it)
    std::uint64_t first_line = 1;  // number of the first one
    bool too_long =
        false;  // one line was skipped instead: its number is first_line; `lines` is empty
  };

  explicit LineInput(const std::string& path);  // "-" = standard input
  ~LineInput();
  LineInput(const LineInput&) = delete;
  LineInput& operator=(const LineInput&) = delete;

  // False at the end. The chunk is readable `padding` bytes beyond its end and valid until the next
  // call.
  bool next(Chunk& chunk);

 private:
  std::size_t fill();
  std::size_t read_raw(char* to, std::size_t size);
  std::size_t inflate_some(char* to, std::size_t size);
  void skip_line();

  std::string path_;
  int file_ = -1;
  bool owned_ = false;
  bool started_ = false;
  bool compressed_ = false;
  bool ended_ = false;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what was not given out
  std::size_t size_ = 0;   // of what is in the buffer
  std::vector<char> raw_;
  z_stream stream_{};
};

}  // namespace trends
