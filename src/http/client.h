// HTTP client. The interface; CurlClient (curl_client.h) is the real one, tests may have their own.
//
// What publishing needs above all is to know whether a request that failed can have reached the
// server: Transport.sent. For a method other than GET and HEAD the client never repeats a request
// by itself and never reuses a pooled connection (libcurl would silently send it again when a
// reused connection turns out to be dead).
#pragma once

#include "http/message.h"

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;  // http or https
  Headers headers = {};
  std::string body = {};
  std::chrono::milliseconds timeout{30'000};  // for everything
  std::chrono::milliseconds connect_timeout{10'000};
  std::size_t body_max = std::size_t{4} * 1024 * 1024;  // of the answer
  int redirects_max =
      0;  // followed for GET and HEAD only, http(s) only, credentials dropped on another host
  // Signs the request as Amazon's services want it (Signature Version 4); for those who are not
  // strangers, for libcurl signs what it sends. X-Amz-Content-Sha256 is the caller's to set.
  struct AwsSignature {
    std::string region;
    std::string service;  // "s3"
    std::string access_key_id;
    std::string secret_access_key;
  };
  std::optional<AwsSignature> aws_signature = {};
  // Asked when the connection stands and the first byte is about to leave; false: nothing is sent
  // ("held_back", not_sent). For what must not go out after an instant, however long the name
  // look-up and the connecting took, or the process was stopped.
  std::function<bool()> may_begin = {};
};

struct ClientResponse {
  int status = 0;
  Headers headers = {};
  std::string body = {};
  std::string url = {};  // after redirects
};

struct TransportError {
  // not_sent: certain that the server did not get the request (DNS, refused, TLS, blocked address,
  // bad URL). maybe_sent: it may have been received and carried out; only a look-up can tell.
  enum class Sent { not_sent, maybe_sent };
  Sent sent = Sent::maybe_sent;
  std::string code;     // "dns", "connect", "tls", "timeout", "blocked_address", "bad_url",
                        // "held_back", "too_large", "broken"
  std::string message;  // for a person; names the host, never the query or credentials
};

class Client {
 public:
  virtual ~Client() = default;
  virtual io::Task<std::expected<ClientResponse, TransportError>> send(ClientRequest request) = 0;
};

// Seconds of a Retry-After header (number or date), at most a day; 0 when absent.
std::chrono::seconds retry_after(const Headers& headers, base::Instant now);

}  // namespace http
