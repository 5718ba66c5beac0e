// Writing and reading of snapshots: one `archive(visitor)` per class serves both directions.
//
// A snapshot is a magic word, a version and a deflated body that ends with a checksum of its own
// (zlib). The reader never throws and never reads beyond its input: after the first failure every
// value stays as it was and ok() is false.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>
#include <zlib.h>

namespace trends {

class SnapshotWriter {
 public:
  static constexpr bool reading = false;

  SnapshotWriter(std::string_view magic, std::uint32_t version);
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  void bytes(const void* data, std::size_t size);
  bool ok() const { return true; }
  std::string finish();

 private:
  void pump(int flush);

  std::string out_;
  z_stream stream_{};
  std::vector<unsigned char> buffer_;
};

class SnapshotReader {
 public:
  static constexpr bool reading = true;

  SnapshotReader(std::string_view snapshot, std::string_view magic, std::uint32_t version);
  ~SnapshotReader();
  SnapshotReader(const SnapshotReader&) = delete;
  SnapshotReader& operator=(const SnapshotReader&) = delete;

  void bytes(void* data, std::size_t size);
  bool ok() const { return ok_; }
  void fail() { ok_ = false; }
  // The body ended exactly here and its checksum holds.
  bool finish();

 private:
  z_stream stream_{};
  bool ok_ = true;
  bool ended_ = false;
};

template <class Visitor, class T>
void visit(Visitor& visitor, T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  visitor.bytes(&value, sizeof value);
}

// How many elements follow; more than `max` is damage.
template <class Visitor>
std::size_t visit_count(Visitor& visitor, std::size_t count, [[maybe_unused]] std::size_t max) {
  auto number = static_cast<std::uint64_t>(count);
  visit(visitor, number);
  if constexpr (Visitor::reading) {
    if (!visitor.ok() || number > max) {
      visitor.fail();
      return 0;
    }
  }
  return static_cast<std::size_t>(number);
}

template <class Visitor>
void visit(Visitor& visitor, std::string& text) {
  constexpr std::size_t max = 1 << 20;
  const std::size_t size = visit_count(visitor, text.size(), max);
  if constexpr (Visitor::reading) text.resize(size);
  visitor.bytes(text.data(), size);
}

template <class Visitor, class T>
void visit(Visitor& visitor, std::vector<T>& values) {
  constexpr std::size_t max = 1 << 24;
  const std::size_t size = visit_count(visitor, values.size(), max);
  if constexpr (Visitor::reading) values.resize(size);
  if constexpr (std::is_trivially_copyable_v<T>) {
    visitor.bytes(values.data(), size * sizeof(T));
  } else {
    for (auto& value : values) visit(visitor, value);
  }
}

}  // namespace trends
