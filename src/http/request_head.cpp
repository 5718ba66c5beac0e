#include "http/request_head.h"

#include "base/text.h"
#include "http/target.h"

#include <algorithm>

namespace http {
namespace {

using Check = base::Result<void>;

std::unexpected<base::Error> refuse(int status, std::string code, std::string message) {
  return base::fail({.status = status, .code = std::move(code), .message = std::move(message)});
}

std::vector<std::string_view> values(const RequestHead& head, std::string_view name) {
  std::vector<std::string_view> found;
  for (const auto& [key, value] : head.headers) {
    if (base::equals_ignore_case(key, name)) found.push_back(value);
  }
  return found;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_authority(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~:[]%!$&'()*+,;=").find(c) != std::string_view::npos;
  });
}

Check check_host(const RequestHead& head) {
  const auto hosts = values(head, "Host");
  if (hosts.size() > 1) return refuse(400, "bad_host", "The request has more than one Host.");
  if (hosts.empty()) {
    if (head.version == 10) return {};
    return refuse(400, "bad_host", "The request has no Host.");
  }
  if (!is_authority(hosts[0])) return refuse(400, "bad_host", "The Host is malformed.");
  return {};
}

Check check_framing(const RequestHead& head) {
  const auto lengths = values(head, "Content-Length");
  const auto codings = values(head, "Transfer-Encoding");
  if (lengths.size() > 1 || (!lengths.empty() && !is_digits(lengths[0]))) {
    return refuse(400, "bad_length", "The request needs one Content-Length of digits.");
  }
  if (codings.empty()) return {};
  if (!lengths.empty()) {
    return refuse(400, "bad_length", "The request has both Content-Length and Transfer-Encoding.");
  }
  if (codings.size() > 1 || head.version == 10) {
    return refuse(400, "bad_transfer_coding", "The Transfer-Encoding is ambiguous.");
  }
  if (!base::equals_ignore_case(codings[0], "chunked")) {
    return refuse(501, "unknown_transfer_coding",
                  "The only Transfer-Encoding known here is chunked.");
  }
  return {};
}

Check check_expectation(const RequestHead& head) {
  const auto expectations = values(head, "Expect");
  if (expectations.empty()) return {};
  if (expectations.size() == 1 && base::equals_ignore_case(expectations[0], "100-continue"))
    return {};
  return refuse(417, "unknown_expectation", "The only Expect known here is 100-continue.");
}

}  // namespace

base::Result<Request> check_head(const RequestHead& head) {
  if (head.headers.size() > header_fields_max) {
    return refuse(431, "too_many_headers", "The request has more than 100 headers.");
  }
  for (const auto check : {check_framing, check_host, check_expectation}) {
    if (const Check ok = check(head); !ok) return std::unexpected(ok.error());
  }
  auto target = parse_target(head.target);
  if (!target) return std::unexpected(target.error());

  Request request{.method = std::string(head.method),
                  .target = std::string(head.target),
                  .path = std::move(target->path),
                  .query = std::move(target->query)};
  for (const auto& [name, value] : head.headers)
    request.headers.add(std::string(name), std::string(value));
  return request;
}

}  // namespace http
