#include "db/open.h"

#include "base/error.h"
#include "base/text.h"

namespace db {
namespace {

// The value of every "password" in ?key=value&... becomes ***.
std::string masked_query(std::string_view query) {
  std::vector<std::string> parts;
  for (const std::string_view part : base::split(query, '&')) {
    const std::string_view key = part.substr(0, part.find('='));
    const bool secret = base::to_lower_ascii(key).find("password") != std::string::npos;
    parts.push_back(secret ? std::string(key) + "=***" : std::string(part));
  }
  return base::join(parts, "&");
}

}  // namespace

std::string masked_url(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos || url.starts_with("sqlite:")) return std::string(url);
  std::string scheme(url.substr(0, scheme_end + 3));
  std::string_view rest = url.substr(scheme_end + 3);

  // Up to the last '@': a password with an unescaped '/' or '@' must not show either.
  std::string user;
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view name = rest.substr(0, rest.find(':'));
    const bool has_password = name.size() < at;
    user = has_password ? std::string(name) + ":***@" : std::string(rest.substr(0, at + 1));
    rest.remove_prefix(at + 1);
  }
  const std::size_t query = rest.find('?');
  if (query == std::string_view::npos) return scheme + user + std::string(rest);
  return scheme + user + std::string(rest.substr(0, query + 1)) +
         masked_query(rest.substr(query + 1));
}

std::unique_ptr<Database> open(io::Executor executor, Options options) {
  const std::string url = options.url;
  if (url == "sqlite::memory:") return open_sqlite(executor, options, "");
  for (const std::string_view prefix : {"sqlite://", "sqlite:"}) {
    if (!url.starts_with(prefix)) continue;
    std::string path = url.substr(prefix.size());
    if (path.empty() || path == "/") {
      throw base::Unavailable(fmt::format("{} names no file: use sqlite:///path/to/file", url));
    }
    return open_sqlite(executor, options, std::move(path));
  }
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) {
    return open_postgres(executor, std::move(options));
  }
  throw base::Unavailable(fmt::format(
      "{} is not a database URL: use sqlite:///path/to/file or postgres://user:password@host/name",
      masked_url(url)));
}

}  // namespace db
