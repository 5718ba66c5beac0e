#include "http/response_head.h"

#include "base/text.h"
#include "http/status.h"

namespace http {
namespace {

bool is_servers_own(std::string_view name) {
  for (const std::string_view own :
       {"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Date", "Server"}) {
    if (base::equals_ignore_case(name, own)) return true;
  }
  return false;
}

}  // namespace

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string response_head(const Response& response, HeadOptions options) {
  std::string head;
  head.reserve(512);
  fmt::format_to(std::back_inserter(head),
                 "HTTP/1.1 {} {}\r\nDate: {}\r\nServer: SocialTrendAutomator\r\n", response.status,
                 reason_phrase(response.status), options.date);
  for (const auto& [name, value] : response.headers.all()) {
    if (!is_servers_own(name)) head.append(name).append(": ").append(value).append("\r\n");
  }
  if (has_body(response.status)) {
    const std::size_t size =
        response.static_body.empty() ? response.body.size() : response.static_body.size();
    if (options.framing == Framing::length) {
      fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", size);
    } else if (options.framing == Framing::chunked) {
      head.append("Transfer-Encoding: chunked\r\n");
    }
  }
  head.append(options.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
  return head;
}

void add_default_headers(Headers& headers) {
  constexpr std::pair<const char*, const char*> defaults[] = {{"X-Content-Type-Options", "nosniff"},
                                                              {"Referrer-Policy", "same-origin"},
                                                              {"Cache-Control", "no-store"}};
  for (const auto& [name, value] : defaults) {
    if (!headers.has(name)) headers.set(name, value);
  }
}

}  // namespace http
