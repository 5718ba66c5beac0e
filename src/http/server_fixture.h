// For tests: a server on a loop and thread of its own, and a client that speaks bytes, so that it
// can be as rude as any.
#pragma once

#include "http/server.h"

#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

namespace http {

// Blocking, with a limit of ten seconds on each wait: a test fails, it does not hang.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  static RawClient adopt(int descriptor) { return RawClient(Descriptor{descriptor}); }
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  struct Answer {
    int status = 0;  // 0: the connection ended before an answer
    Headers headers = {};
    std::string body = {};
  };

  void send(std::string_view bytes);
  Answer read_answer(std::string_view method = "GET");
  std::string read_until(
      std::string_view end);  // including it; what there was if the connection ended
  std::string read_to_end();
  bool at_end();  // waits for the other side to close
  void shut_sending();
  void reset();  // closes with RST
  void close();

 private:
  struct Descriptor {
    int value;
  };
  explicit RawClient(Descriptor descriptor);
  bool more();
  std::string take(std::size_t size);

  int descriptor_;
  std::string buffer_;
};

// Answers by script: accepts one connection after the other, and gives each to the script.
class ScriptedPeer {
 public:
  explicit ScriptedPeer(std::function<void(RawClient&)> script);
  ~ScriptedPeer();
  std::string url(std::string_view path) const;
  std::uint16_t port() const { return port_; }
  int accepted() const { return accepted_; }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::thread thread_;
};

class ServerFixture {
 public:
  explicit ServerFixture(Router router, ServerOptions options = {});
  ~ServerFixture();

  std::uint16_t port() const { return port_; }
  RawClient::Answer get(std::string_view target, std::string_view headers = "");
  RawClient::Answer send(std::string_view bytes);  // on a connection of its own
  std::future<void> stop(std::chrono::milliseconds deadline);
  void drain();
  std::size_t connections();
  void post(std::function<void()> work);  // onto the server's loop
  std::string url(std::string_view path) const;

 private:
  asio::io_context loop_{1};
  std::unique_ptr<Server> server_;
  std::uint16_t port_;
  std::thread thread_;
};

}  // namespace http
