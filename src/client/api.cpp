#include "client/api.h"

#include "base/id.h"
#include "base/json.h"
#include "http/curl_client.h"

#include <fmt/format.h>

namespace client {
namespace {

constexpr int tries_max = 3;
constexpr std::chrono::seconds between_tries{1};

base::Error failure(std::string message) {
  return {.code = "client", .message = std::move(message)};
}

// What the server said, in one line for each field that it names.
std::string words_of(const http::ClientResponse& response) {
  const auto parsed = base::parse_json(response.body);
  if (!parsed || !parsed->is_object()) {
    return fmt::format("the server answered {}", response.status);
  }
  std::string words = base::text_at(*parsed, "/detail", base::text_at(*parsed, "/title"));
  if (const auto* errors = base::find(*parsed, "/errors"); errors && errors->is_array()) {
    const bool said = errors->get_array().size() == 1;  // the one field stands in the sentence
    for (const json::value& error : errors->get_array()) {
      if (!said)
        words += fmt::format("\n  {}: {}", base::text_at(error, "/field"),
                             base::text_at(error, "/message"));
    }
  }
  if (response.status == 401) {
    words +=
        "\n  A personal token is needed: SOCIALTREND_TOKEN, or SOCIALTREND_TOKEN_FILE. "
        "The page makes one under Settings.";
  }
  return words;
}

}  // namespace

Api::Api(io::Executor executor, Server server)
    : server_(std::move(server)),
      http_(http::make_curl_client(std::move(executor),
                                   {.addresses = http::AddressPolicy::allow_all()})) {
  while (server_.url.ends_with('/')) server_.url.pop_back();
}

io::Task<base::Result<json::value>> Api::get(std::string path) {
  co_return co_await exchange({.url = server_.url + path});
}

io::Task<base::Result<json::value>> Api::post(std::string path, json::value body) {
  co_return co_await send(std::move(path), "application/json", json::serialize(body));
}

io::Task<base::Result<json::value>> Api::send(std::string path, std::string content_type,
                                              std::string body) {
  http::ClientRequest request{.method = "POST", .url = server_.url + path, .body = std::move(body)};
  request.headers.set("Content-Type", std::move(content_type));
  request.headers.set("Idempotency-Key", base::make_uuid7());
  co_return co_await exchange(std::move(request));
}

io::Task<base::Result<json::value>> Api::exchange(http::ClientRequest request) {
  request.body_max = std::size_t{32} * 1024 * 1024;
  if (!server_.token.empty()) request.headers.set("Authorization", "Bearer " + server_.token);
  for (int tries = 1;; ++tries) {
    auto response = co_await http_->send(request);
    if (!response) {
      // The key makes a second sending harmless.
      if (tries < tries_max && response.error().sent == http::TransportError::Sent::maybe_sent) {
        co_await io::sleep_for(between_tries);
        continue;
      }
      co_return std::unexpected(
          failure(fmt::format("{} Is the server running? --url or SOCIALTREND_URL names another.",
                              response.error().message)));
    }
    if (response->status == 204) co_return json::value(json::object{});
    if (response->status >= 300) co_return std::unexpected(failure(words_of(*response)));
    auto parsed = base::parse_json(response->body);
    if (!parsed) co_return std::unexpected(failure("this is no server of ours: " + server_.url));
    co_return std::move(*parsed);
  }
}

}  // namespace client
