#include "trends/line_input.h"

#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace trends {

LineInput::LineInput(const std::string& path) : path_(path), buffer_(chunk_size + padding) {
  if (path == "-") {
    path_ = "standard input";
    file_ = STDIN_FILENO;
    return;
  }
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) throw base::Unavailable("cannot open " + path + ": " + std::strerror(errno));
  owned_ = true;
}

LineInput::~LineInput() {
  if (owned_) ::close(file_);
  if (compressed_) inflateEnd(&stream_);
}

bool LineInput::next(Chunk& chunk) {
  std::memmove(buffer_.data(), buffer_.data() + begin_, size_ - begin_);
  size_ -= begin_;
  begin_ = 0;
  for (;;) {
    if (!ended_) fill();
    const auto* newline = static_cast<const char*>(::memrchr(buffer_.data(), '\n', size_));
    const std::size_t whole =
        newline == nullptr ? 0 : static_cast<std::size_t>(newline - buffer_.data()) + 1;
    if (whole > 0 || ended_) {
      begin_ = ended_ ? size_ : whole;
      chunk = {.lines = {buffer_.data(), begin_}};
      return begin_ > 0;
    }
    if (size_ >= line_max) {
      chunk = {.lines = {}, .too_long = true};
      skip_line();
      return true;
    }
    if (size_ + padding == buffer_.size()) buffer_.resize(2 * size_ + padding);
  }
}

// Drops the line that fills the buffer, up to and with its newline.
void LineInput::skip_line() {
  const char* newline = nullptr;
  while (newline == nullptr && !ended_) {
    size_ = 0;
    fill();
    newline = static_cast<const char*>(std::memchr(buffer_.data(), '\n', size_));
  }
  begin_ = newline == nullptr ? size_ : static_cast<std::size_t>(newline - buffer_.data()) + 1;
}

std::size_t LineInput::fill() {
  const std::size_t room = buffer_.size() - padding - size_;
  char* const to = buffer_.data() + size_;
  std::size_t got;
  if (!started_) {
    started_ = true;
    got = read_raw(to, room);
    if (got >= 2 && to[0] == '\x1F' && to[1] == '\x8B') {
      raw_.assign(to, to + got);
      if (inflateInit2(&stream_, 16 + MAX_WBITS) != Z_OK)
        throw base::Unavailable("zlib cannot start");
      compressed_ = true;
      stream_.next_in = reinterpret_cast<unsigned char*>(raw_.data());
      stream_.avail_in = static_cast<unsigned>(raw_.size());
      got = inflate_some(to, room);
    }
  } else {
    got = compressed_ ? inflate_some(to, room) : read_raw(to, room);
  }
  size_ += got;
  ended_ = got == 0 && room > 0;
  std::memset(buffer_.data() + size_, 0, padding);
  return got;
}

std::size_t LineInput::read_raw(char* to, std::size_t size) {
  for (;;) {
    const ssize_t got = ::read(file_, to, size);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR)
      throw base::Unavailable("cannot read " + path_ + ": " + std::strerror(errno));
  }
}

std::size_t LineInput::inflate_some(char* to, std::size_t size) {
  stream_.next_out = reinterpret_cast<unsigned char*>(to);
  stream_.avail_out = static_cast<unsigned>(size);
  bool member_open = stream_.total_in > 0;
  while (stream_.avail_out == size) {
    if (stream_.avail_in == 0) {
      raw_.resize(chunk_size);
      const std::size_t got = read_raw(raw_.data(), raw_.size());
      if (got == 0) {
        if (member_open) throw base::Unavailable(path_ + " ends within compressed data");
        return 0;
      }
      stream_.next_in = reinterpret_cast<unsigned char*>(raw_.data());
      stream_.avail_in = static_cast<unsigned>(got);
    }
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      inflateReset(&stream_);  // a gzip file may have several members
      member_open = false;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      throw base::Unavailable(path_ + " has damaged compressed data");
    } else {
      member_open = true;
    }
  }
  return size - stream_.avail_out;
}

}  // namespace trends
