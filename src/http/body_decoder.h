// The body of a request, by its announced length or in chunks (RFC 9112, section 7.1), read
// strictly: what is accepted does not depend on how the bytes were cut into reads. Trailers are
// checked and dropped. A pure machine.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace http {

class BodyDecoder {
 public:
  static BodyDecoder none() { return BodyDecoder(State::done, 0, 0); }
  static BodyDecoder of_length(std::uint64_t length) {
    return BodyDecoder(length == 0 ? State::done : State::length, length, length);
  }
  static BodyDecoder chunked(std::size_t body_max) {
    return BodyDecoder(State::size_line, 0, body_max);
  }

  // How many bytes of the front belonged to the body: all, or those up to its end.
  base::Result<std::size_t> put(std::string_view bytes);
  bool done() const { return state_ == State::done; }

  std::string body;

 private:
  enum class State { length, size_line, data, data_end, trailer, done };
  BodyDecoder(State state, std::uint64_t left, std::size_t body_max)
      : state_(state), left_(left), body_max_(body_max) {}

  std::size_t take_data(std::string_view bytes);
  base::Result<std::size_t> take_line(std::string_view bytes);
  base::Result<void> end_line();
  base::Result<void> begin_chunk();

  State state_;
  std::uint64_t left_;  // of the body or of this chunk
  std::size_t body_max_;
  std::string line_;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace http
