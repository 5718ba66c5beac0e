// Bytes of a connection -> one request. A pure machine: it does no I/O, so hostile input can be
// tried on it directly.
//
// Refuses what two readers could frame differently: two lengths, a length with chunks, unknown
// transfer codings, folded headers, a missing or doubled Host. Trailers are read and dropped.
#pragma once

#include "base/error.h"
#include "http/message.h"

#include <memory>
#include <string>
#include <string_view>

namespace http {

class RequestParser {
 public:
  explicit RequestParser(std::size_t header_max);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes bytes from the front of `bytes` and says how many. Those it did not take must come again,
  // with more behind them. Stops at the end of the header (call head() and allow_body(), then go
  // on) and at the end of the request.
  base::Result<std::size_t> put(std::string_view bytes);
  bool header_done() const;
  bool done() const;

  // The checked header as a request without a body; valid once the header is done.
  base::Result<Request> head() const;
  bool keep_alive() const;
  bool is_http_1_0() const;
  bool expects_continue() const;
  // 413 when the announced body is larger; else the limit holds for the chunks to come.
  base::Result<void> allow_body(std::size_t body_max);
  std::size_t body_size() const;  // so far
  std::string take_body();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace http
