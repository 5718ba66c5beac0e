// libcurl's multi interface on the event loop: watches the sockets and keeps the timer that libcurl
// asks for. Callbacks of libcurl never call back into it. One loop, one thread.
#pragma once

#include "http/curl_transfer.h"

#include <memory>
#include <unordered_map>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <curl/curl.h>

namespace http {

class CurlMulti : public std::enable_shared_from_this<CurlMulti> {
 public:
  CurlMulti(const io::Executor& executor, std::size_t connections_per_host);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  void start(CurlTransfer& transfer);
  // Forgets the transfer, wherever it stands. Its handle may be freed after this.
  void remove(CurlTransfer& transfer);

 private:
  struct Watch;

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int on_timer(CURLM*, long milliseconds, void* self);
  static int close_socket(void* self, curl_socket_t socket);

  void watch(curl_socket_t socket, int what);
  void forget(curl_socket_t socket);
  void wait(const std::shared_ptr<Watch>& watch);
  void wait(const std::shared_ptr<Watch>& watch, asio::posix::stream_descriptor::wait_type type,
            bool Watch::* pending, int event);
  void set_timer(long milliseconds);
  void act(curl_socket_t socket, int events);

  io::Executor executor_;
  CURLM* multi_;
  asio::steady_timer timer_;
  std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
};

}  // namespace http
