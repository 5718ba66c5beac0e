#include "http/request_parser.h"

#include "http/body_decoder.h"
#include "http/request_head.h"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
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
  beast_http::request_parser<beast_http::empty_body> parser;
  BodyDecoder body = BodyDecoder::none();
  bool line_complete = false;

  base::Error translate(const boost::beast::error_code& error) const {
    using beast_http::error;
    if (error == error::header_limit) return header_too_large(line_complete);
    return bad_request("bad_request",
                       "The request is not well-formed HTTP: " + error.message() + ".");
  }
};

RequestParser::RequestParser(std::size_t header_max) : state_(std::make_unique<State>()) {
  state_->parser.header_limit(static_cast<std::uint32_t>(header_max));
  state_->parser.body_limit(boost::none);  // bodies are not Beast's here
  state_->parser.eager(false);
}

RequestParser::~RequestParser() = default;

base::Result<std::size_t> RequestParser::put(std::string_view bytes) {
  if (bytes.empty()) return 0;
  if (header_done()) return state_->body.put(bytes);

  state_->line_complete = state_->line_complete || bytes.find('\n') != std::string_view::npos;
  if (has_folded_line(bytes))
    return base::fail(bad_request("folded_header", "A header line is folded."));
  boost::beast::error_code error;
  const std::size_t taken = state_->parser.put(asio::buffer(bytes), error);
  if (error && error != beast_http::error::need_more) return base::fail(state_->translate(error));
  return taken;
}

bool RequestParser::header_done() const { return state_->parser.is_header_done(); }

bool RequestParser::done() const { return header_done() && state_->body.done(); }

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
  if (state_->parser.chunked()) {
    state_->body = BodyDecoder::chunked(body_max);
    return {};
  }
  const std::uint64_t length = state_->parser.content_length().value_or(0);
  if (length > body_max) {
    return base::fail({.status = 413,
                       .code = "body_too_large",
                       .message = "The body of the request is too large."});
  }
  state_->body = BodyDecoder::of_length(length);
  return {};
}

std::size_t RequestParser::body_size() const { return state_->body.body.size(); }

std::string RequestParser::take_body() { return std::move(state_->body.body); }

}  // namespace http
