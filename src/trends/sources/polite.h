// Polite HTTP for the sources: one place that turns an answer into "here it is", "unchanged",
// "wait" or "cannot be read".
//
// get() throws AskedToWait for 429 and 503 (with Retry-After or X-RateLimit-Reset) and
// base::Unavailable for everything else that is not a success, naming the host and the status and
// never the query or a token.
#pragma once

#include "trends/source.h"

#include <chrono>
#include <string>
#include <string_view>

namespace trends {

// Answers 2xx, 3xx (redirects that the request did not ask to follow, 304) and 404/410 when
// `gone_is_an_answer`.
struct Get {
  std::string url;
  http::Headers headers = {};
  std::size_t body_max = 4 * 1024 * 1024;
  int redirects_max = 3;
  bool redirects_are_answers = false;  // 3xx come back as they are
  bool gone_is_an_answer = false;      // 410 comes back as it is
};

io::Task<http::ClientResponse> get(SourceContext context, Get request);
// The body as JSON, or base::Unavailable.
io::Task<json::value> get_json(SourceContext context, Get request);

// How long the server asks us to wait: Retry-After, else X-RateLimit-Reset when nothing remains; 0
// = it does not.
std::chrono::seconds asked_to_wait(const http::ClientResponse& response, base::Instant now);

// "example.org" of "https://example.org:8443/path"; "" when there is none.
std::string host_of(std::string_view url);
// The base URL without its trailing slashes.
std::string without_slash(std::string url);

// A duration setting ("5m") within bounds; the fallback when it is malformed.
std::chrono::milliseconds duration_setting(const json::object& settings, std::string_view key,
                                           std::chrono::milliseconds fallback,
                                           std::chrono::milliseconds min,
                                           std::chrono::milliseconds max);
// Complains when a duration setting cannot be read.
void check_duration(const json::object& settings, std::string_view key,
                    std::vector<base::FieldError>& errors);

// 0.75..1.25 times: clients that started together do not stay together.
std::chrono::milliseconds with_jitter(std::chrono::milliseconds time);

}  // namespace trends
