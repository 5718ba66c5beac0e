#include "trends/archive.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace trends {

namespace {

constexpr std::size_t buffer_size = 64 * 1024;
constexpr std::size_t piece_max = 1U << 30;  // zlib counts in 32 bits

unsigned char* mutable_bytes(const void* data) {
  return const_cast<unsigned char*>(
      static_cast<const unsigned char*>(data));  // zlib's input is not const
}

}  // namespace

SnapshotWriter::SnapshotWriter(std::string_view magic, std::uint32_t version)
    : buffer_(buffer_size) {
  out_.append(magic);
  out_.append(reinterpret_cast<const char*>(&version), sizeof version);
  if (deflateInit(&stream_, Z_BEST_SPEED) != Z_OK) throw std::runtime_error("zlib cannot start");
}

SnapshotWriter::~SnapshotWriter() { deflateEnd(&stream_); }

void SnapshotWriter::bytes(const void* data, std::size_t size) {
  while (size > 0) {
    const std::size_t piece = std::min(size, piece_max);
    stream_.next_in = mutable_bytes(data);
    stream_.avail_in = static_cast<unsigned>(piece);
    while (stream_.avail_in > 0) pump(Z_NO_FLUSH);
    data = static_cast<const unsigned char*>(data) + piece;
    size -= piece;
  }
}

void SnapshotWriter::pump(int flush) {
  stream_.next_out = buffer_.data();
  stream_.avail_out = static_cast<unsigned>(buffer_.size());
  deflate(&stream_, flush);
  out_.append(reinterpret_cast<const char*>(buffer_.data()), buffer_.size() - stream_.avail_out);
}

std::string SnapshotWriter::finish() {
  do {
    pump(Z_FINISH);
  } while (stream_.avail_out == 0);
  return std::move(out_);
}

SnapshotReader::SnapshotReader(std::string_view snapshot, std::string_view magic,
                               std::uint32_t version) {
  if (inflateInit(&stream_) != Z_OK) throw std::runtime_error("zlib cannot start");
  std::uint32_t found = 0;
  if (!snapshot.starts_with(magic) || snapshot.size() < magic.size() + sizeof found ||
      snapshot.size() > std::numeric_limits<unsigned>::max()) {
    ok_ = false;
    return;
  }
  std::memcpy(&found, snapshot.data() + magic.size(), sizeof found);
  snapshot.remove_prefix(magic.size() + sizeof found);
  ok_ = found == version;
  stream_.next_in = mutable_bytes(snapshot.data());
  stream_.avail_in = static_cast<unsigned>(snapshot.size());
}

SnapshotReader::~SnapshotReader() { inflateEnd(&stream_); }

void SnapshotReader::bytes(void* data, std::size_t size) {
  while (ok_ && size > 0) {
    const std::size_t piece = std::min(size, piece_max);
    stream_.next_out = static_cast<unsigned char*>(data);
    stream_.avail_out = static_cast<unsigned>(piece);
    while (ok_ && stream_.avail_out > 0) {
      const int status = ended_ ? Z_DATA_ERROR : inflate(&stream_, Z_NO_FLUSH);
      ended_ = ended_ || status == Z_STREAM_END;
      ok_ = status == Z_OK || (status == Z_STREAM_END && stream_.avail_out == 0);
    }
    data = static_cast<unsigned char*>(data) + piece;
    size -= piece;
  }
}

bool SnapshotReader::finish() {
  if (!ok_) return false;
  unsigned char extra = 0;
  stream_.next_out = &extra;
  stream_.avail_out = 1;
  if (!ended_) ended_ = inflate(&stream_, Z_FINISH) == Z_STREAM_END && stream_.avail_out == 1;
  ok_ = ended_ && stream_.avail_in == 0;
  return ok_;
}

}  // namespace trends
