#include "redis/endpoint.h"

#include "base/text.h"

#include <charconv>

#include <fmt/format.h>

namespace redis {
namespace {

constexpr std::int64_t database_max = 1'000'000;

// A decimal number from 0 to `max`, and nothing else.
bool read_number(std::string_view text, std::int64_t max, std::int64_t& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size() && into >= 0 && into <= max;
}

std::unexpected<base::Error> malformed(std::string_view what) {
  return base::invalid("REDIS_URL",
                       fmt::format("{}; it looks like redis://user:password@host:6379/0", what));
}

// Takes "user:password@" off the front; the last '@' ends it, as passwords may hold one.
void read_credentials(std::string_view& rest, std::size_t authority_end, Endpoint& into) {
  const std::size_t at = rest.substr(0, authority_end).rfind('@');
  if (at == std::string_view::npos) return;
  const std::string_view credentials = rest.substr(0, at);
  const std::size_t colon = credentials.find(':');
  into.user = base::url_decode(credentials.substr(0, colon), false);
  if (colon != std::string_view::npos) {
    into.password = base::url_decode(credentials.substr(colon + 1), false);
  }
  rest.remove_prefix(at + 1);
}

bool read_host(std::string_view text, Endpoint& into) {
  std::size_t colon = text.rfind(':');
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return false;
    into.host = text.substr(1, bracket - 1);
    if (bracket + 1 < text.size() && text[bracket + 1] != ':') return false;
    colon = bracket + 1 < text.size() ? bracket + 1 : std::string_view::npos;
  } else {
    into.host = text.substr(0, colon);
  }
  std::int64_t port = 6379;
  if (colon != std::string_view::npos && !read_number(text.substr(colon + 1), 65535, port)) {
    return false;
  }
  into.port = std::to_string(port);
  return !into.host.empty() && port > 0;
}

base::Result<Endpoint> parse_unix(std::string_view rest) {
  Endpoint endpoint;
  read_credentials(rest, rest.find('/'), endpoint);
  const std::size_t question = rest.find('?');
  endpoint.socket = base::url_decode(rest.substr(0, question), false);
  if (!endpoint.socket.starts_with('/')) return malformed("unix:// needs an absolute path");
  if (question == std::string_view::npos) return endpoint;
  const std::string_view query = rest.substr(question + 1);
  if (!query.starts_with("db=") || !read_number(query.substr(3), database_max, endpoint.database)) {
    return malformed("after the path only ?db=NUMBER may stand");
  }
  return endpoint;
}

}  // namespace

std::string Endpoint::name() const {
  if (!socket.empty()) return fmt::format("unix://{}?db={}", socket, database);
  const bool v6 = host.contains(':');
  return fmt::format("{}://{}{}{}:{}/{}", tls ? "rediss" : "redis", v6 ? "[" : "", host,
                     v6 ? "]" : "", port, database);
}

base::Result<Endpoint> parse_endpoint(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  const std::string_view scheme = url.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos ||
      (scheme != "redis" && scheme != "rediss" && scheme != "unix")) {
    return malformed("it must begin with redis://, rediss:// or unix://");
  }
  std::string_view rest = url.substr(scheme_end + 3);
  if (scheme == "unix") return parse_unix(rest);
  Endpoint endpoint{.host = "", .tls = scheme == "rediss"};
  read_credentials(rest, rest.size(), endpoint);
  const std::size_t slash = rest.find('/');
  if (!read_host(rest.substr(0, slash), endpoint)) return malformed("host or port is malformed");
  if (slash == std::string_view::npos || slash + 1 == rest.size()) return endpoint;
  if (!read_number(rest.substr(slash + 1), database_max, endpoint.database)) {
    return malformed("after the host only the number of the database may stand");
  }
  return endpoint;
}

}  // namespace redis
