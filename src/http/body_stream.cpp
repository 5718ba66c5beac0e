#include "http/body_stream.h"

#include "base/check.h"

namespace http {

io::Task<> BodyStream::write(std::string chunk) {
  CHECK(!writing_ || ended_ || wire_->closed());  // one write at a time
  if (ended_ || wire_->closed()) throw base::Unavailable("The stream has ended.");
  if (chunk.empty()) co_return;  // in chunks, nothing means the end

  writing_ = true;
  bool sent = false;
  if (chunking_ == Chunking::chunked) {
    const std::string size = fmt::format("{:x}\r\n", chunk.size());
    sent = co_await wire_->send(size, chunk, "\r\n", write_timeout_);
  } else {
    sent = co_await wire_->send(chunk, "", "", write_timeout_);
  }
  if (!sent) {
    wire_->close();
    throw base::Unavailable("The client has left.");
  }
  writing_ = false;
  bytes_ += chunk.size();
}

}  // namespace http
