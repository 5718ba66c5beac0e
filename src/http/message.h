// Requests and responses as handlers see them: plain data, no Beast. Header names compare without
// case.
#pragma once

#include "base/error.h"
#include "io/task.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

namespace http {

// A name that is not a token is not taken, and control characters in a value become spaces: no text
// from outside can smuggle in a header of its own.
class Headers {
 public:
  // The first value, or "" when absent.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  void set(std::string name, std::string value);  // replaces
  void add(std::string name, std::string value);  // a further one (Set-Cookie)
  void remove(std::string_view name);
  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

// The decoded path and query of a request target.
struct Query {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::optional<std::string_view> get(std::string_view name) const;
  static Query parse(std::string_view text);  // "a=1&b=x%20y"; at most 100 pairs
};

struct Request {
  std::string method;  // upper case
  std::string target;  // as sent
  std::string path;    // decoded, always begins with '/', no "." or ".." segments
  Query query;
  Headers headers;
  std::string body;
  std::string remote_address;  // of the peer, or of X-Forwarded-For's last untrusted hop when the
                               // peer is a trusted proxy
  bool secure = false;         // TLS, or said so by a trusted proxy
  std::string request_id;      // the X-Request-Id that came in, if well-formed, else a new one
  std::string trace_parent;    // W3C traceparent of this request
  std::string route;           // the pattern that matched, "/api/posts/{id}": set by the router
  std::map<std::string, std::string, std::less<>> params;  // by name of the pattern
  // Who asks: put here by the authentication filter, read by accounts::principal() alone.
  std::shared_ptr<const void> principal;

  const std::string& param(std::string_view name) const;  // CHECKs that the route has it
  std::string cookie(std::string_view name) const;        // "" when absent
};

// Writes chunks of a response that has no known end (SSE). write() ends with a thrown error when
// the client is gone or the server stops.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  virtual io::Task<> write(std::string chunk) = 0;
};

struct Response {
  int status = 200;
  Headers headers = {};
  std::string body = {};
  // Bytes that outlive the program (embedded files): used in place of `body` when not empty, and
  // never copied.
  std::string_view static_body = {};
  // When set, the response is chunked, and this writes it after the header; `body` is ignored.
  std::function<io::Task<>(std::shared_ptr<BodyWriter>)> stream = {};
};

Response json_response(const boost::json::value& value, int status = 200);
Response text_response(std::string text, std::string_view type = "text/plain; charset=utf-8",
                       int status = 200);
Response no_content();
Response redirect(std::string location, int status = 303);

// RFC 9457 application/problem+json:
// {"type","title","status","detail","code","errors":[{"field","message"}],"request_id"}
Response problem(const base::Error& error, std::string_view request_id = "");

// "Content-Type: application/json" bodies only; bounded depth; the error says what is wrong.
base::Result<boost::json::value> json_body(const Request& request);

// One server-sent event in wire format (data may hold newlines).
std::string sse_event(std::string_view event, std::string_view data, std::string_view id = "");

}  // namespace http
