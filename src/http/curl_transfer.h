// One request on its way through libcurl: the easy handle, what came back, and how it ended.
#pragma once

#include "http/address_policy.h"
#include "http/client.h"
#include "http/outgoing_proxy.h"
#include "http/url.h"

#include <memory>
#include <vector>

#include <curl/curl.h>

namespace http {

class CurlTransfer {
 public:
  // `addresses` must outlive the transfer.
  CurlTransfer(const io::Executor& executor, std::shared_ptr<const ClientRequest> request, Url url,
               const AddressPolicy& addresses);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  // Sets every option. `proxy` is "" for a direct connection.
  void prepare(const std::string& user_agent, const std::string& proxy,
               std::chrono::milliseconds time_left);

  CURL* handle() const { return easy_; }
  io::Event& ended() { return ended_; }
  void end(CURLcode code);
  bool has_ended() const { return has_ended_; }

  // After the end.
  std::expected<ClientResponse, TransportError> take_result();

 private:
  static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int request_begins(void* self, char*, char*, int, int local_port);

  bool may_still_begin(int local_port);
  curl_socket_t socket_at(int local_port) const;
  void prepare_method();
  void prepare_headers();
  void prepare_signature();
  TransportError error() const;

  std::shared_ptr<const ClientRequest> request_;
  const Url url_;
  const AddressPolicy& addresses_;
  io::Event ended_;
  CURL* easy_;
  curl_slist* headers_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> detail_ = {};
  std::vector<curl_socket_t> sockets_;  // all that were opened, perhaps closed again
  ClientResponse response_;
  std::size_t header_bytes_ = 0;
  CURLcode code_ = CURLE_OK;
  bool has_ended_ = false;
  bool through_proxy_ = false;
  bool began_ = false;    // bytes of the request may have left
  bool blocked_ = false;  // an address was refused
  bool too_large_ = false;
  bool held_back_ = false;  // the caller did not want it sent any more
};

}  // namespace http
