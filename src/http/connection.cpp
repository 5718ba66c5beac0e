#include "http/connection.h"

#include "base/log.h"
#include "base/spans.h"
#include "http/body_stream.h"
#include "http/compression.h"
#include "http/proxies.h"
#include "http/syntax.h"
#include "http/trace.h"

namespace http {
namespace {

constexpr std::size_t header_read = std::size_t{4} * 1024;
constexpr std::size_t body_read = std::size_t{64} * 1024;
// The body's time is for this many bytes: a large upload on a slow line is no attack.
constexpr std::size_t body_timeout_step = std::size_t{1024} * 1024;
// How much of the next request is read while a stream runs; more waits in the kernel.
constexpr std::size_t read_ahead_max = std::size_t{16} * 1024;
constexpr int retry_soon = 5;  // seconds
constexpr std::string_view body_timeout = "body_timeout";

bool is_below(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || prefix.ends_with('/') || path[prefix.size()] == '/';
}

bool is_below_one_of(std::string_view path, const std::vector<std::string>& prefixes) {
  return std::ranges::any_of(prefixes,
                             [path](const std::string& each) { return is_below(path, each); });
}

// A coroutine of its own, so that the handler and where its answer goes are parameters, not
// captures.
io::Task<> call_handler(Handler handler, Request request, std::shared_ptr<Response> into) {
  *into = co_await handler(std::move(request));
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerContext> context, asio::ip::tcp::socket socket,
                       const IpAddress& peer)
    : context_(std::move(context)), wire_(std::make_shared<Wire>(std::move(socket))), peer_(peer) {}

io::Task<> Connection::run(std::shared_ptr<Connection> self) {
  Next next = Next::next_request;
  while (next == Next::next_request) next = co_await self->serve_one();
  if (next == Next::linger) co_await self->wire_->linger();
  self->wire_->close();
}

io::Task<Connection::Next> Connection::serve_one() {
  access_ = Access{.remote_address = peer_.text()};
  accept_encoding_.clear();
  keep_alive_ = false;
  event_stream_ = false;
  parser_ = std::make_unique<RequestParser>(context_->options.header_max);
  const auto header = co_await read_header();
  if (!header) co_return co_await refuse(header.error());
  if (!*header) co_return Next::close;

  access_.start = std::chrono::steady_clock::now();
  auto request = parser_->head();
  if (!request) co_return co_await refuse(request.error());
  http_1_0_ = parser_->is_http_1_0();
  begin(*request);

  const auto body = co_await read_body(body_max(*request));
  if (is_worth_keeping(*request, body)) co_await keep_cut(std::move(*request));
  if (!body) co_return co_await refuse(body.error());
  if (!*body) co_return Next::close;
  wire_->disarm();
  keep_alive_ = parser_->keep_alive();
  request->body = parser_->take_body();
  parser_.reset();

  Handler handler = context_->router->find(*request);
  access_.route = request->route;
  Response response = co_await handle(std::move(handler), std::move(*request));
  if (wire_->closed()) co_return Next::close;
  if (response.stream) co_return co_await stream(std::move(response));
  co_return co_await answer(std::move(response));
}

void Connection::begin(Request& request) {
  identify_client(request, peer_, context_->trusted_proxies);
  request.request_id = take_request_id(request.headers.get("X-Request-Id"));
  request.trace_parent = continue_trace(request.headers.get("traceparent"));
  accept_encoding_ = request.headers.get("Accept-Encoding");
  access_.method = request.method;
  access_.path = request.path;
  access_.request_id = request.request_id;
  access_.trace_parent = request.trace_parent;
  if (base::spans_wanted()) access_.trace_came_in = request.headers.get("traceparent");
  access_.remote_address = request.remote_address;
}

// One step of reading: gives the parser what is there, then reads more. False when the connection
// is over.
io::Task<base::Result<bool>> Connection::feed(std::size_t read_size) {
  if (!wire_->input.empty()) {
    const auto taken = parser_->put(wire_->input);
    if (!taken) co_return std::unexpected(taken.error());
    wire_->input.erase(0, *taken);
    if (*taken > 0) co_return true;
  }
  co_return co_await wire_->fill(read_size);
}

io::Task<base::Result<bool>> Connection::read_header() {
  if (wire_->input.empty()) {
    if (context_->closing && !wire_->readable()) co_return false;
    waiting_ = true;
    wire_->arm(context_->options.idle_timeout, Wire::OnExpiry::end_read);
    const bool arrived = co_await wire_->fill(header_read);
    waiting_ = false;
    if (!arrived) co_return false;
  }
  wire_->arm(context_->options.header_timeout, Wire::OnExpiry::end_read);
  while (!parser_->header_done()) {
    const auto going = co_await feed(header_read);
    if (!going) co_return std::unexpected(going.error());
    if (*going) continue;
    if (!wire_->expired()) co_return false;
    co_return base::fail({.status = 408,
                          .code = "header_timeout",
                          .message = "The header of the request did not arrive in time."});
  }
  co_return true;
}

std::size_t Connection::body_max(const Request& request) const {
  const ServerOptions& options = context_->options;
  const bool large = is_below_one_of(request.path, options.large_body_paths);
  return large ? options.large_body_max : options.body_max;
}

io::Task<base::Result<bool>> Connection::read_body(std::size_t body_max) {
  if (const auto allowed = parser_->allow_body(body_max); !allowed)
    co_return std::unexpected(allowed.error());
  if (!parser_->done() && parser_->expects_continue() && !http_1_0_ && wire_->input.empty()) {
    if (!co_await wire_->send("HTTP/1.1 100 Continue\r\n\r\n", "", "",
                              context_->options.write_timeout))
      co_return false;
  }
  std::size_t renewed_at = 0;
  wire_->arm(context_->options.body_timeout, Wire::OnExpiry::end_read);
  while (!parser_->done()) {
    if (parser_->body_size() - renewed_at >= body_timeout_step) {
      renewed_at = parser_->body_size();
      wire_->arm(context_->options.body_timeout, Wire::OnExpiry::end_read);
    }
    const auto going = co_await feed(body_read);
    if (!going) co_return std::unexpected(going.error());
    if (*going) continue;
    if (!wire_->expired()) co_return false;
    co_return base::fail({.status = 408,
                          .code = std::string(body_timeout),
                          .message = "The body of the request did not arrive in time."});
  }
  co_return true;
}

// Not what was malformed or too large.
bool Connection::is_worth_keeping(const Request& request, const base::Result<bool>& body) const {
  const bool cut = body ? !*body : body.error().code == body_timeout;
  return cut && request.method == "PATCH" && request.headers.has("Content-Length") &&
         is_below_one_of(request.path, context_->options.resumable_paths);
}

// Nobody is there to be answered.
io::Task<> Connection::keep_cut(Request request) {
  request.body = parser_->take_body();
  if (request.body.empty()) co_return;
  wire_->disarm();
  Handler handler = context_->router->find(request);
  co_await handle(std::move(handler), std::move(request));
}

io::Task<Response> Connection::handle(Handler handler, Request request) {
  auto response = std::make_shared<Response>();
  call_ = Call::start(
      context_, [handler = std::move(handler), request = std::move(request), response]() mutable {
        return call_handler(std::move(handler), std::move(request), response);
      });
  const std::shared_ptr<Call> call = call_;
  const bool ended = co_await call->wait_for(context_->options.handler_timeout);
  call_.reset();
  if (!ended) {
    call->cancel();
    base::log_warn("http_handler_timeout",
                   {{"http.route", boost::json::value(access_.route)},
                    {"http.request.id", boost::json::value(access_.request_id)}});
    co_return problem({.status = 503,
                       .code = "timeout",
                       .message = "The server could not answer in time.",
                       .retry_after = retry_soon},
                      access_.request_id);
  }
  if (call->failure()) co_return failed(call->failure());
  co_return std::move(*response);
}

Response Connection::failed(const std::exception_ptr& failure) const {
  std::string cause;
  bool unavailable = false;
  try {
    std::rethrow_exception(failure);
  } catch (const base::Unavailable& error) {
    cause = error.what();
    unavailable = true;
  } catch (const std::exception& error) {
    cause = error.what();
    unavailable = io::is_cancelled(error);
  } catch (...) {
    cause = "an exception that is not a std::exception";
  }
  base::log(unavailable ? base::LogLevel::warn : base::LogLevel::error, "http_handler_failed",
            {{"error.message", boost::json::value(cause)},
             {"http.route", boost::json::value(access_.route)},
             {"http.request.id", boost::json::value(access_.request_id)}});
  if (unavailable) {
    return problem({.status = 503,
                    .code = "unavailable",
                    .message = "Something this request needs is not available now.",
                    .retry_after = retry_soon},
                   access_.request_id);
  }
  return problem({.status = 500,
                  .code = "internal",
                  .message = "The server has failed to answer this request."},
                 access_.request_id);
}

io::Task<Connection::Next> Connection::answer(Response response) {
  if (response.status < 200 || response.status > 599) {
    response = failed(std::make_exception_ptr(std::logic_error("a response has no final status")));
  }
  response = co_await compress_response(std::move(response), accept_encoding_);
  add_default_headers(response.headers);
  response.headers.set("X-Request-Id", access_.request_id);
  response.headers.set("traceparent", access_.trace_parent);

  const bool keep = keeps_alive();
  const std::string head = response_head(response, {.keep_alive = keep, .date = context_->date()});
  std::string_view body =
      response.static_body.empty() ? std::string_view(response.body) : response.static_body;
  if (access_.method == "HEAD" || !has_body(response.status)) body = {};
  const bool sent = co_await wire_->send(head, body, "", context_->options.write_timeout);
  access_.status = response.status;
  access_.bytes = body.size();
  record(access_);
  co_return sent&& keep ? Next::next_request : Next::close;
}

io::Task<Connection::Next> Connection::refuse(base::Error error) {
  if (access_.request_id.empty()) access_.request_id = take_request_id("");
  if (access_.trace_parent.empty()) access_.trace_parent = continue_trace("");
  keep_alive_ = false;  // where the next request begins is not known
  co_await answer(problem(error, access_.request_id));
  co_return Next::linger;
}

// Reads while the stream runs, only to see the client leave.
io::Task<> Connection::watch_client(std::shared_ptr<Call> call) {
  while (!call->ended() && wire_->input.size() < read_ahead_max) {
    if (!co_await wire_->fill(header_read)) break;
  }
  if (call->ended()) co_return;
  if (wire_->input.size() >= read_ahead_max) {
    co_await call->wait();
    co_return;
  }
  wire_->close();
  call->cancel();
}

io::Task<Connection::Next> Connection::stream(Response response) {
  add_default_headers(response.headers);
  response.headers.set("X-Request-Id", access_.request_id);
  response.headers.set("traceparent", access_.trace_parent);
  response.headers.set("X-Accel-Buffering", "no");  // proxies hold back nothing
  const bool keep = keeps_alive() && !http_1_0_;
  const Framing framing = http_1_0_ ? Framing::until_close : Framing::chunked;
  const std::string head =
      response_head(response, {.framing = framing, .keep_alive = keep, .date = context_->date()});
  const bool sent = co_await wire_->send(head, "", "", context_->options.write_timeout);
  access_.status = response.status;
  record(access_);
  if (!sent) co_return Next::close;
  if (access_.method == "HEAD") co_return keep ? Next::next_request : Next::close;

  const auto writer = std::make_shared<BodyStream>(
      wire_, http_1_0_ ? BodyStream::Chunking::raw : BodyStream::Chunking::chunked,
      context_->options.write_timeout);
  const auto source = std::make_shared<decltype(response.stream)>(std::move(response.stream));
  call_ = Call::start(
      context_, [source, writer] { return (*source)(writer); },
      [wire = wire_] { wire->end_read(); });
  event_stream_ = media_type(response.headers.get("Content-Type")) == "text/event-stream";
  if (context_->stopping) end_event_stream();
  const std::shared_ptr<Call> call = call_;
  co_await watch_client(call);
  call_.reset();
  writer->end();
  if (wire_->closed() || !writer->intact()) co_return Next::close;

  // An event stream that the server ended has no natural end, so its client may know that this one
  // is in order.
  const bool ended_by_stop = event_stream_ && context_->stopping;
  if (call->failure() && !ended_by_stop) {
    failed(call->failure());
    co_return Next::close;
  }
  if (http_1_0_) co_return Next::close;
  const bool finished = co_await wire_->send("0\r\n\r\n", "", "", context_->options.write_timeout);
  co_return finished&& keep && !context_->draining ? Next::next_request : Next::close;
}

void Connection::end_event_stream() {
  if (call_ && event_stream_) call_->cancel();
}

void Connection::end_waiting() {
  if (waiting_ && !wire_->readable()) wire_->end_read();
}

void Connection::cut() {
  wire_->close();
  if (call_) call_->give_up();
}

}  // namespace http
