// Recorded posts: JSON Lines in the format of `socialtrend replay`, from a file, a gzip file or
// standard input.
#pragma once

#include "trends/source.h"

#include <memory>
#include <string>
#include <vector>

namespace trends {

// One line {"id","created_at","author","text","lang"?,"tags"?,"links"?,"url"?,"repost"?} as a
// mention; nothing when it is not one.
std::optional<Mention> parse_recorded_line(std::string_view line);

// Lines of a file, decompressed when it is gzip. Blocking: for io::offload; one caller at a time.
class LineReader {
 public:
  // "-" is standard input. Throws base::Unavailable when it cannot be read or is not a regular
  // file.
  static std::unique_ptr<LineReader> open(const std::filesystem::path& path);
  virtual ~LineReader() = default;

  struct Lines {
    std::vector<std::string> lines;
    bool end = false;  // nothing will follow
  };
  // Up to `max` lines; fewer, or none, when the input has nothing for a moment. A line above 1 MB
  // comes as "".
  virtual Lines read(std::size_t max) = 0;
};

}  // namespace trends
