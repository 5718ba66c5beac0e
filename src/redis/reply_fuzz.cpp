// Whatever a server sends, in whatever pieces: the reader stays within its limits and comes to the
// same replies however the bytes are cut.
#include "base/check.h"
#include "redis/reply.h"

#include <cstddef>
#include <cstdint>

namespace {

constexpr redis::ReplyLimits limits{.bytes_max = 4096, .elements_max = 64};

struct Size {
  std::size_t bytes = 0;
  std::size_t elements = 0;
};

void measure(const redis::Reply& reply, Size& size) {
  size.bytes += reply.text.size();
  size.elements += reply.elements.size();
  for (const redis::Reply& element : reply.elements) measure(element, size);
}

// The number of replies, and whether reading failed in the end.
std::pair<std::size_t, bool> read_all(std::string_view bytes, std::size_t piece) {
  redis::ReplyReader reader(limits);
  std::size_t count = 0;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    reader.feed(part);
    for (;;) {
      const auto next = reader.next();
      if (!next) return {count, true};
      if (!*next) break;
      Size size;
      measure(**next, size);
      CHECK(size.elements <= limits.elements_max);
      CHECK(size.bytes <= limits.bytes_max + piece);
      ++count;
    }
  }
  return {count, false};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data),
                               std::min<std::size_t>(size, 4096));
  CHECK(read_all(bytes, 1) == read_all(bytes, 4096));
  return 0;
}
