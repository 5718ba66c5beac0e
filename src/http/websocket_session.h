// One open WebSocket over either kind of stream (plain or TLS). Only websocket.cpp includes this:
// Beast is slow to compile.
#pragma once

#include "base/check.h"
#include "http/websocket.h"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket.hpp>

namespace http {

template <class Stream>
class WebSocketSession final : public WebSocket {
 public:
  using Socket = boost::beast::websocket::stream<Stream, false>;

  WebSocketSession(std::unique_ptr<Socket> socket, std::string host)
      : socket_(std::move(socket)), host_(std::move(host)) {}

  io::Task<std::optional<std::string>> receive() override {
    boost::beast::flat_buffer buffer;
    boost::system::error_code error;
    co_await socket_->async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
    if (error == boost::beast::websocket::error::closed) co_return std::nullopt;
    check(error);
    co_return boost::beast::buffers_to_string(buffer.data());
  }

  io::Task<> send(std::string text) override {
    CHECK(!sending_);  // one message at a time
    sending_ = true;
    socket_->text(true);
    boost::system::error_code error;
    co_await socket_->async_write(asio::buffer(text),
                                  asio::redirect_error(asio::use_awaitable, error));
    sending_ = false;
    check(error);
  }

  io::Task<> close() override {
    boost::system::error_code error;
    co_await socket_->async_close(boost::beast::websocket::close_code::normal,
                                  asio::redirect_error(asio::use_awaitable, error));
    // Closed already, or the peer did not take part: both are closed now.
  }

 private:
  void check(const boost::system::error_code& error) const {
    if (!error) return;
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    throw base::Unavailable(host_ + ": The WebSocket broke: " + error.message() + ".");
  }

  std::unique_ptr<Socket> socket_;
  std::string host_;
  bool sending_ = false;
};

}  // namespace http
