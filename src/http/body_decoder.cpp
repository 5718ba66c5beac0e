#include "http/body_decoder.h"

#include "http/syntax.h"

#include <algorithm>
#include <charconv>

namespace http {
namespace {

constexpr std::size_t line_max = std::size_t{4} * 1024;
constexpr std::size_t trailer_bytes_max = std::size_t{16} * 1024;
constexpr std::size_t size_digits_max = 15;  // of 64 bits, so that nothing overflows

std::unexpected<base::Error> bad_chunk(std::string message) {
  return base::fail({.status = 400, .code = "bad_chunk", .message = std::move(message)});
}

bool is_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) || c == '\t';
  });
}

bool is_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  return colon != std::string_view::npos && is_token(line.substr(0, colon)) &&
         is_text(line.substr(colon + 1));
}

}  // namespace

base::Result<std::size_t> BodyDecoder::put(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !done()) {
    const std::string_view rest = bytes.substr(taken);
    if (state_ == State::length || state_ == State::data) {
      taken += take_data(rest);
      continue;
    }
    const auto line = take_line(rest);
    if (!line) return std::unexpected(line.error());
    taken += *line;
  }
  return taken;
}

std::size_t BodyDecoder::take_data(std::string_view bytes) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  body.append(bytes.substr(0, count));
  left_ -= count;
  if (left_ == 0) state_ = state_ == State::length ? State::done : State::data_end;
  return count;
}

base::Result<std::size_t> BodyDecoder::take_line(std::string_view bytes) {
  const std::size_t feed = bytes.find('\n');
  const std::size_t count = feed == std::string_view::npos ? bytes.size() : feed + 1;
  if (line_.size() + count > line_max) return bad_chunk("A line between the chunks is too long.");
  line_.append(bytes.substr(0, count));
  if (feed == std::string_view::npos) return count;
  if (!line_.ends_with("\r\n"))
    return bad_chunk("A line between the chunks does not end in CR LF.");
  line_.resize(line_.size() - 2);
  const auto ended = end_line();
  line_.clear();
  if (!ended) return std::unexpected(ended.error());
  return count;
}

base::Result<void> BodyDecoder::end_line() {
  if (state_ == State::size_line) return begin_chunk();
  if (state_ == State::data_end) {
    if (!line_.empty()) return bad_chunk("A chunk is longer than its size.");
    state_ = State::size_line;
    return {};
  }
  if (line_.empty()) {
    state_ = State::done;
    return {};
  }
  trailer_bytes_ += line_.size();
  if (!is_field(line_) || trailer_bytes_ > trailer_bytes_max)
    return bad_chunk("The trailer is malformed.");
  return {};
}

base::Result<void> BodyDecoder::begin_chunk() {
  const std::string_view line = line_;
  const std::size_t digits = std::min(line.find(';'), line.size());
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + digits, size, 16);
  const bool whole = digits > 0 && digits <= size_digits_max && error == std::errc() &&
                     end == line.data() + digits;
  if (!whole || !is_text(line.substr(digits)))
    return bad_chunk("The size of a chunk is malformed.");
  if (size > body_max_ - body.size()) {
    return base::fail({.status = 413,
                       .code = "body_too_large",
                       .message = "The body of the request is too large."});
  }
  left_ = size;
  state_ = size == 0 ? State::trailer : State::data;
  return {};
}

}  // namespace http
