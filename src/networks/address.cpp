#include "networks/address.h"

#include "base/text.h"

#include <charconv>

namespace networks {
namespace {

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  if (host.front() == '[') {
    if (host.size() < 4 || host.back() != ']') return false;
    return host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdef:.") ==
           std::string_view::npos;
  }
  for (const auto label : base::split(host, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
      return false;
    if (label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") !=
        std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool is_path(std::string_view path) {
  return std::ranges::all_of(path, [](char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\' && c != '^' &&
           c != '`' && c != '{' && c != '|' && c != '}';
  });
}

}  // namespace

std::string Address::origin() const {
  return port == 0 ? scheme + "://" + host : fmt::format("{}://{}:{}", scheme, host, port);
}

std::optional<Address> parse_address(std::string_view text) {
  text = base::trim(text);
  if (text.size() > 2000) return std::nullopt;
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  Address address;
  address.scheme = base::to_lower_ascii(text.substr(0, colon));
  if (address.scheme != "http" && address.scheme != "https" && address.scheme != "ws" &&
      address.scheme != "wss") {
    return std::nullopt;
  }
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto slash = std::min(rest.find_first_of("/?"), rest.size());
  std::string authority = base::to_lower_ascii(rest.substr(0, slash));
  address.path = std::string(rest.substr(slash));
  if (!address.path.empty() && address.path.front() == '?') address.path.insert(0, "/");
  const auto bracket = authority.rfind(']');
  const auto port = authority.rfind(':');
  if (port != std::string::npos && (bracket == std::string::npos || port > bracket)) {
    const char* end = authority.data() + authority.size();
    const auto [stop, error] = std::from_chars(authority.data() + port + 1, end, address.port);
    if (error != std::errc{} || stop != end || address.port == 0) return std::nullopt;
    authority.resize(port);
  }
  address.host = authority;
  if (!is_host(address.host) || !is_path(address.path)) return std::nullopt;
  return address;
}

std::string web_address(std::string_view text) {
  const auto address = parse_address(text);
  return address && address->scheme.starts_with("http") ? address->text() : "";
}

}  // namespace networks
