// Writes the chunks of a response without a known end, and ends it when the client leaves.
#pragma once

#include "http/message.h"
#include "http/wire.h"

#include <memory>

namespace http {

class BodyStream final : public BodyWriter {
 public:
  enum class Chunking { chunked, raw };
  BodyStream(std::shared_ptr<Wire> wire, Chunking chunking, std::chrono::milliseconds write_timeout)
      : wire_(std::move(wire)), chunking_(chunking), write_timeout_(write_timeout) {}

  io::Task<> write(std::string chunk) override;

  // No more is taken; a writer that goes on gets an exception.
  void end() { ended_ = true; }
  // Every chunk that was begun is out: the stream can be ended in good order.
  bool intact() const { return !writing_; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::shared_ptr<Wire> wire_;
  Chunking chunking_;
  std::chrono::milliseconds write_timeout_;
  std::size_t bytes_ = 0;
  bool writing_ = false;
  bool ended_ = false;
};

}  // namespace http
