// One client's connection: requests one after the other, each read, checked, handled, answered and
// recorded.
#pragma once

#include "http/access_log.h"
#include "http/call.h"
#include "http/request_parser.h"
#include "http/response_head.h"
#include "http/server_context.h"
#include "http/wire.h"

#include <memory>

namespace http {

class Connection {
 public:
  Connection(std::shared_ptr<ServerContext> context, asio::ip::tcp::socket socket,
             const IpAddress& peer);

  // To the end of the connection. `self` keeps it alive.
  static io::Task<> run(std::shared_ptr<Connection> self);

  void check_deadline(SteadyTime now) { wire_->check_deadline(now); }
  // The server stops: an event stream has no end of its own, so it ends now.
  void end_event_stream();
  // Waiting for a next request ends, unless its first bytes are there; what is in flight goes on.
  void end_waiting();
  // Ends everything now.
  void cut();

 private:
  enum class Next { next_request, close, linger };

  io::Task<Next> serve_one();
  // These three say false when the connection is over.
  io::Task<base::Result<bool>> read_header();
  io::Task<base::Result<bool>> read_body(std::size_t body_max);
  io::Task<base::Result<bool>> feed(std::size_t read_size);
  io::Task<Response> handle(Handler handler, Request request);
  io::Task<Next> answer(Response response);
  io::Task<Next> stream(Response response);
  io::Task<> watch_client(std::shared_ptr<Call> call);
  io::Task<Next> refuse(base::Error error);

  void begin(Request& request);
  Response failed(const std::exception_ptr& failure) const;
  std::size_t body_max(const Request& request) const;
  bool is_worth_keeping(const Request& request, const base::Result<bool>& body) const;
  io::Task<> keep_cut(Request request);
  bool keeps_alive() const { return keep_alive_ && !context_->draining; }

  std::shared_ptr<ServerContext> context_;
  std::shared_ptr<Wire> wire_;
  IpAddress peer_;
  std::unique_ptr<RequestParser> parser_;  // of the request that is read
  std::shared_ptr<Call> call_;             // in flight
  Access access_;
  std::string accept_encoding_;
  bool waiting_ = false;       // for the first byte of a request
  bool event_stream_ = false;  // the call in flight is a stream of server-sent events
  bool keep_alive_ = true;
  bool http_1_0_ = false;
};

}  // namespace http
