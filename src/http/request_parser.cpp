#include "http/request_parser.h"

#include "http/request_head.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace beast_http = boost::beast::http;

namespace http {
namespace {

base::Error bad_request(std::string code, std::string message) {
  return {.status = 400, .code = std::move(code), .message = std::move(message)};
}

base::Error header_too_large(bool line_complete) {
  if (line_complete) {
    return {.status = 431,
            .code = "header_too_large",
            .message = "The header of the request is too large."};
  }
  return {.status = 414,
          .code = "target_too_long",
          .message = "The first line of the request is too long."};
}

// A folded header line: readers disagree on where it ends.
bool has_folded_line(std::string_view header) {
  header = header.substr(0, header.find("\r\n\r\n"));
  return header.find("\r\n ") != std::string_view::npos ||
         header.find("\r\n\t") != std::string_view::npos;
}

}  // namespace

struct RequestParser::State {
  beast_http::request_parser<beast_http::string_body> parser;
  std::size_t header_max;
  bool line_complete = false;

  base::Error translate(const boost::beast::error_code& error) const {
    using beast_http::error;
    if (error == error::header_limit) return header_too_large(line_complete);
    if (error == error::body_limit) {
      return {.status = 413,
              .code = "body_too_large",
              .message = "The body of the request is too large."};
    }
    return bad_request("bad_request",
                       "The request is not well-formed HTTP: " + error.message() + ".");
  }
};

RequestParser::RequestParser(std::size_t header_max) : state_(std::make_unique<State>()) {
  state_->header_max = header_max;
  state_->parser.header_limit(static_cast<std::uint32_t>(header_max));
  state_->parser.body_limit(boost::none);  // known only when the path is: allow_body()
  state_->parser.eager(false);
}

RequestParser::~RequestParser() = default;

base::Result<std::size_t> RequestParser::put(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const bool in_header = !header_done();
  if (in_header) {
    state_->line_complete = state_->line_complete || bytes.find('\n') != std::string_view::npos;
    if (has_folded_line(bytes))
      return base::fail(bad_request("folded_header", "A header line is folded."));
  }
  boost::beast::error_code error;
  const std::size_t taken = state_->parser.put(asio::buffer(bytes), error);
  if (error && error != beast_http::error::need_more) return base::fail(state_->translate(error));
  // Bytes of a body are taken at once; what heaps up can only be a chunk's header or a trailer.
  if (!in_header && !done() && bytes.size() - taken > state_->header_max) {
    return base::fail(bad_request("bad_chunk", "The header of a chunk is too large."));
  }
  return taken;
}

bool RequestParser::header_done() const { return state_->parser.is_header_done(); }

bool RequestParser::done() const { return state_->parser.is_done(); }

base::Result<Request> RequestParser::head() const {
  const auto& message = state_->parser.get();
  RequestHead head{
      .method = message.method_string(), .target = message.target(), .version = message.version()};
  for (const auto& field : message) head.headers.emplace_back(field.name_string(), field.value());
  return check_head(head);
}

bool RequestParser::keep_alive() const { return state_->parser.get().keep_alive(); }

bool RequestParser::is_http_1_0() const { return state_->parser.get().version() == 10; }

bool RequestParser::expects_continue() const {
  return state_->parser.get().count(beast_http::field::expect) > 0;
}

base::Result<void> RequestParser::allow_body(std::size_t body_max) {
  const auto announced = state_->parser.content_length();
  if (announced && *announced > body_max)
    return base::fail(state_->translate(beast_http::error::body_limit));
  state_->parser.body_limit(body_max);
  state_->parser.eager(true);
  return {};
}

std::size_t RequestParser::body_size() const { return state_->parser.get().body().size(); }

std::string RequestParser::take_body() { return std::move(state_->parser.get().body()); }

}  // namespace http
