// The bytes of one connection, under deadlines. Deadlines are checked by the server's sweep, some
// times a second, which is far cheaper than a timer for each of ten thousand connections.
#pragma once

#include "io/task.h"

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

namespace http {

using SteadyTime = std::chrono::steady_clock::time_point;

class Wire {
 public:
  explicit Wire(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

  // Bytes that came in and were not yet used.
  std::string input;

  // When the time is up: a read ends (and expired() tells why), or the connection is closed.
  enum class OnExpiry { end_read, close };
  void arm(std::chrono::milliseconds time, OnExpiry on_expiry);
  void disarm() { deadline_ = SteadyTime::max(); }
  bool expired() const { return expired_; }
  void check_deadline(SteadyTime now);

  // Reads at most `size` more bytes into `input`. False at the end: closed, expired or broken.
  io::Task<bool> fill(std::size_t size);
  // Writes all; each piece of progress is given the whole `timeout`. False when the connection is
  // closed or broke.
  io::Task<bool> send(std::string_view first, std::string_view second, std::string_view third,
                      std::chrono::milliseconds timeout);
  // Lets the peer read what was sent before the connection closes, even when it is still sending.
  io::Task<> linger();

  // Whether bytes have come in that were not read yet.
  bool readable() const;
  void end_read();
  void close();
  bool closed() const { return !socket_.is_open(); }

 private:
  asio::ip::tcp::socket socket_;
  SteadyTime deadline_ = SteadyTime::max();
  OnExpiry on_expiry_ = OnExpiry::close;
  bool expired_ = false;
};

}  // namespace http
