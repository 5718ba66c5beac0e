#include "http/wire.h"

#include <boost/asio/write.hpp>

namespace http {
namespace {

constexpr std::size_t write_max = std::size_t{1024} * 1024;
constexpr std::chrono::milliseconds linger_time{1'000};
constexpr std::size_t linger_max = std::size_t{1024} * 1024;
constexpr std::size_t linger_read = std::size_t{16} * 1024;

}  // namespace

void Wire::arm(std::chrono::milliseconds time, OnExpiry on_expiry) {
  deadline_ = std::chrono::steady_clock::now() + time;
  on_expiry_ = on_expiry;
  expired_ = false;
}

void Wire::check_deadline(SteadyTime now) {
  if (now < deadline_) return;
  disarm();
  expired_ = true;
  if (on_expiry_ == OnExpiry::close) {
    close();
  } else {
    end_read();
  }
}

io::Task<bool> Wire::fill(std::size_t size) {
  // A deadline may pass while a finished read waits for its turn: then there was nothing to cancel.
  if (expired_ || closed()) co_return false;
  const std::size_t before = input.size();
  input.resize(before + size);
  boost::system::error_code error;
  const std::size_t count = co_await socket_.async_read_some(
      asio::buffer(input.data() + before, size), asio::redirect_error(asio::use_awaitable, error));
  input.resize(before + count);
  co_return !error;
}

io::Task<bool> Wire::send(std::string_view first, std::string_view second, std::string_view third,
                          std::chrono::milliseconds timeout) {
  if (closed()) co_return false;
  const std::array<asio::const_buffer, 3> buffers{asio::buffer(first), asio::buffer(second),
                                                  asio::buffer(third)};
  const auto on_progress = [this, timeout](const boost::system::error_code& error, std::size_t) {
    if (error) return std::size_t{0};
    arm(timeout, OnExpiry::close);
    return write_max;
  };
  boost::system::error_code error;
  co_await asio::async_write(socket_, buffers, on_progress,
                             asio::redirect_error(asio::use_awaitable, error));
  disarm();
  co_return !error;
}

io::Task<> Wire::linger() {
  boost::system::error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  if (error) co_return;
  arm(linger_time, OnExpiry::close);
  for (std::size_t read = 0; read < linger_max; read += linger_read) {
    input.clear();
    if (!co_await fill(linger_read)) co_return;
  }
}

bool Wire::readable() const {
  boost::system::error_code error;
  return socket_.available(error) > 0;  // a socket that is closed has none
}

void Wire::end_read() {
  boost::system::error_code ignored;  // a socket that is closed already has no read to end
  socket_.cancel(ignored);
}

void Wire::close() {
  boost::system::error_code ignored;  // the descriptor is given back in any case
  socket_.close(ignored);
}

}  // namespace http
