#include "media/s3_store.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/text.h"

#include <algorithm>
#include <pugixml.hpp>

#include <fmt/format.h>

namespace media {

namespace {

constexpr int tries_max = 3;
constexpr std::size_t object_bytes_max = std::size_t{64} * 1024 * 1024;
constexpr std::size_t listing_bytes_max = std::size_t{4} * 1024 * 1024;

bool may_pass(int status) { return status == 429 || status >= 500; }

// <Code> of the store's own document of an error: an identifier, never a secret.
std::string error_code(const std::string& body) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return {};
  const std::string_view code = document.child("Error").child_value("Code");
  return code.size() <= 100 ? base::clean_utf8(code) : std::string();
}

std::optional<Store::Page> parse_listing(const std::string& body, const std::string& prefix) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return std::nullopt;
  const pugi::xml_node result = document.child("ListBucketResult");
  if (!result) return std::nullopt;
  Store::Page page;
  for (const pugi::xml_node& entry : result.children("Contents")) {
    const std::string_view key = entry.child_value("Key");
    const auto changed_at = base::parse_rfc3339(entry.child_value("LastModified"));
    if (!key.starts_with(prefix) || !changed_at) continue;
    page.objects.push_back({.key = std::string(key.substr(prefix.size())),
                            .bytes = entry.child("Size").text().as_llong(),
                            .changed_at = *changed_at});
  }
  if (std::string_view(result.child_value("IsTruncated")) == "true") {
    page.next = result.child_value("NextContinuationToken");
  }
  return page;
}

}  // namespace

S3Store::S3Store(http::Client& client, S3Access access)
    : client_(client), access_(std::move(access)) {}

std::string S3Store::name() const {
  return fmt::format("the bucket {} at {}", access_.place.bucket, access_.place.endpoint);
}

std::string S3Store::url(const std::string& key, const Query& query) const {
  const S3Place& place = access_.place;
  std::string text;
  if (place.path_style) {
    text = fmt::format("{}/{}/{}", place.endpoint, place.bucket, key);
  } else {
    const std::size_t host = place.endpoint.find("://") + 3;
    text = fmt::format("{}{}.{}/{}", place.endpoint.substr(0, host), place.bucket,
                       place.endpoint.substr(host), key);
  }
  char separator = '?';
  for (const auto& [name, value] : query) {
    text += fmt::format("{}{}={}", separator, base::url_encode(name), base::url_encode(value));
    separator = '&';
  }
  return text;
}

http::ClientRequest S3Store::request(std::string method, const std::string& key,
                                     Query query) const {
  http::ClientRequest request{.method = std::move(method),
                              .url = url(key, query),
                              .timeout = std::chrono::seconds(60),
                              .body_max = object_bytes_max};
  request.aws_signature = {.region = access_.place.region,
                           .service = "s3",
                           .access_key_id = access_.access_key_id,
                           .secret_access_key = access_.secret_access_key};
  if (!access_.session_token.empty()) {
    request.headers.set("X-Amz-Security-Token", access_.session_token);
  }
  request.headers.set("X-Amz-Content-Sha256", base::hex(base::sha256("")));
  return request;
}

io::Task<http::ClientResponse> S3Store::send(http::ClientRequest request,
                                             std::vector<int> expected) {
  std::string reason;
  std::chrono::milliseconds pause = access_.retry_pause;
  for (int tried = 1;; ++tried) {
    auto answer = co_await client_.send(request);
    if (answer && std::ranges::find(expected, answer->status) != expected.end())
      co_return std::move(*answer);
    reason = answer ? fmt::format("{} {}", answer->status, error_code(answer->body))
                    : answer.error().message;
    if (tried == tries_max || (answer && !may_pass(answer->status))) break;
    co_await io::sleep_for(pause);
    pause *= 4;
  }
  throw base::Unavailable(
      fmt::format("media storage: {} of {} failed: {}", request.method, name(), reason));
}

io::Task<> S3Store::put(std::string key, SharedBytes bytes) {
  CHECK(is_store_key(key));
  http::ClientRequest put = request("PUT", access_.place.prefix + key);
  const std::string hash =
      co_await io::offload([bytes] { return base::hex(base::sha256(*bytes)); });
  put.headers.set("X-Amz-Content-Sha256", hash);
  put.headers.set("Content-Type", "application/octet-stream");
  put.body = *bytes;
  co_await send(std::move(put), {200, 201, 204});
}

io::Task<std::optional<std::string>> S3Store::get(std::string key) {
  CHECK(is_store_key(key));
  auto answer = co_await send(request("GET", access_.place.prefix + key), {200, 404});
  if (answer.status == 404) co_return std::nullopt;
  co_return std::move(answer.body);
}

io::Task<bool> S3Store::has(std::string key) {
  CHECK(is_store_key(key));
  const auto answer = co_await send(request("HEAD", access_.place.prefix + key), {200, 404});
  co_return answer.status == 200;
}

io::Task<> S3Store::remove(std::string key) {
  CHECK(is_store_key(key));
  co_await send(request("DELETE", access_.place.prefix + key), {200, 202, 204, 404});
}

io::Task<Store::Page> S3Store::list(std::string after) {
  Query query{{"list-type", "2"},
              {"max-keys", std::to_string(access_.page_size)},
              {"prefix", access_.place.prefix}};
  if (!after.empty()) query.emplace("continuation-token", std::move(after));
  http::ClientRequest listing = request("GET", "", std::move(query));
  listing.body_max = listing_bytes_max;
  const auto answer = co_await send(std::move(listing), {200});
  auto page = parse_listing(answer.body, access_.place.prefix);
  if (!page) throw base::Unavailable("media storage: " + name() + " answers no listing");
  co_return std::move(*page);
}

}  // namespace media
