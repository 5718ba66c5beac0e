#include "base/id.h"

#include "base/text.h"

#include <array>
#include <chrono>
#include <mutex>
#include <sodium.h>

namespace base {
namespace {

// Milliseconds since the epoch and a counter below them, never going back within this process.
struct Sequence {
  std::uint64_t millis = 0;
  std::uint32_t counter = 0;
};

Sequence next_in_sequence(std::uint32_t random) {
  static std::mutex mutex;
  static Sequence last;
  const auto now =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
  const std::lock_guard lock(mutex);
  if (now > last.millis) {
    last = {now, random & 0x3ff};  // room for many more ids in this millisecond
  } else if (++last.counter > 0xfff) {
    last = {last.millis + 1, 0};
  }
  return last;
}

}  // namespace

std::string make_uuid7() {
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  const Sequence sequence = next_in_sequence(bytes[6] | static_cast<std::uint32_t>(bytes[7]) << 8);
  for (int index = 0; index < 6; ++index) {
    bytes[static_cast<std::size_t>(index)] =
        static_cast<unsigned char>(sequence.millis >> (40 - 8 * index));
  }
  bytes[6] = static_cast<unsigned char>(0x70 | (sequence.counter >> 8));
  bytes[7] = static_cast<unsigned char>(sequence.counter);
  bytes[8] = static_cast<unsigned char>(0x80 | (bytes[8] & 0x3f));
  std::string text = hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  for (std::size_t dash : {8, 13, 18, 23}) text.insert(dash, 1, '-');
  return text;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t index = 0; index < text.size(); ++index) {
    const bool dash = index == 8 || index == 13 || index == 18 || index == 23;
    const char c = text[index];
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !digit) return false;
  }
  return true;
}

}  // namespace base
