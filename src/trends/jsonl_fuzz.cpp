#include "base/check.h"
#include "trends/jsonl.h"

#include <algorithm>

// Any bytes as JSON Lines: every line is a post, a bad line or blank, and none is both.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static trends::JsonlReader reader;
  std::string text(reinterpret_cast<const char*>(data), size);
  const auto newlines = static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
  text.resize(size + trends::JsonlReader::padding);
  std::uint64_t line = 1;
  std::uint64_t last = 0;
  const auto in_order = [&](std::uint64_t at) {
    CHECK(at > last && at <= newlines + 1);
    last = at;
  };
  reader.read(
      std::string_view(text).substr(0, size), line,
      [&](const trends::MentionView& mention, std::uint64_t at) {
        in_order(at);
        CHECK(mention.text.size() <= size && mention.tags.size() <= trends::JsonlReader::list_max);
        return true;
      },
      [&](std::uint64_t at, std::string_view) { in_order(at); });
  return 0;
}
