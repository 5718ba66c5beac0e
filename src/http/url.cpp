#include "http/url.h"

#include <algorithm>
#include <array>
#include <memory>

#include <curl/curl.h>

namespace http {
namespace {

constexpr std::size_t url_max = std::size_t{8} * 1024;

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part(CURLU* handle, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle, which, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool is_known_scheme(std::string_view scheme) {
  constexpr std::array<std::string_view, 4> known{"http", "https", "ws", "wss"};
  return std::ranges::find(known, scheme) != known.end();
}

// libcurl of Debian 12 knows no ports for web sockets.
std::string default_port(std::string_view scheme) {
  return scheme == "https" || scheme == "wss" ? "443" : "80";
}

bool is_plain(std::string_view text) {
  if (text.empty() || text.size() > url_max) return false;
  return std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
}

std::optional<Url> read(CURLU* handle) {
  Url url{.scheme = part(handle, CURLUPART_SCHEME), .host = part(handle, CURLUPART_HOST)};
  if (!is_known_scheme(url.scheme) || url.host.empty()) return std::nullopt;
  curl_url_set(handle, CURLUPART_FRAGMENT, nullptr, 0);
  url.text = part(handle, CURLUPART_URL);
  url.port = part(handle, CURLUPART_PORT);
  if (url.port.empty()) url.port = default_port(url.scheme);
  if (url.host.starts_with('[') && url.host.ends_with(']'))
    url.host = url.host.substr(1, url.host.size() - 2);
  url.target = part(handle, CURLUPART_PATH);
  if (const std::string query = part(handle, CURLUPART_QUERY); !query.empty())
    url.target += "?" + query;
  const std::string user = part(handle, CURLUPART_USER, CURLU_URLDECODE);
  if (!user.empty())
    url.credentials = user + ":" + part(handle, CURLUPART_PASSWORD, CURLU_URLDECODE);
  return url;
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  if (!is_plain(text)) return std::nullopt;
  const Handle handle(curl_url(), curl_url_cleanup);
  const std::string terminated(text);
  if (curl_url_set(handle.get(), CURLUPART_URL, terminated.c_str(), CURLU_NON_SUPPORT_SCHEME) !=
      CURLUE_OK) {
    return std::nullopt;
  }
  return read(handle.get());
}

std::optional<Url> resolve_url(const Url& base, std::string_view location) {
  if (!is_plain(location)) return std::nullopt;
  const Handle handle(curl_url(), curl_url_cleanup);
  const std::string terminated(location);
  // Setting a relative URL on a handle that has one resolves it.
  if (curl_url_set(handle.get(), CURLUPART_URL, base.text.c_str(), 0) != CURLUE_OK)
    return std::nullopt;
  if (curl_url_set(handle.get(), CURLUPART_URL, terminated.c_str(), 0) != CURLUE_OK)
    return std::nullopt;
  curl_url_set(handle.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(handle.get(), CURLUPART_PASSWORD, nullptr, 0);
  return read(handle.get());
}

}  // namespace http
