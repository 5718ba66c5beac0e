#include "http/outgoing_proxy.h"

#include "base/text.h"
#include "http/address_policy.h"

#include <cstdlib>

namespace http {
namespace {

std::string first_set(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  }
  return {};
}

bool is_loopback(std::string_view host) {
  return is_local_name(host) || in_network(host, "127.0.0.0/8") || in_network(host, "::1");
}

bool covers(std::string_view pattern, std::string_view host) {
  if (pattern == "*" || in_network(host, pattern)) return true;
  if (pattern.starts_with("*.")) pattern.remove_prefix(1);
  if (pattern.starts_with('.')) pattern.remove_prefix(1);
  if (pattern.empty() || pattern.size() > host.size()) return false;
  const std::size_t at = host.size() - pattern.size();
  return base::equals_ignore_case(host.substr(at), pattern) && (at == 0 || host[at - 1] == '.');
}

}  // namespace

bool is_local_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::string name = base::to_lower_ascii(host);
  return name == "localhost" || name.ends_with(".localhost");
}

ProxySettings ProxySettings::from_environment() {
  return {.http = first_set({"http_proxy", "all_proxy", "ALL_PROXY"}),
          .https = first_set({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}),
          .none_for = first_set({"no_proxy", "NO_PROXY"})};
}

std::string ProxySettings::proxy_for(const Url& url) const {
  if (is_loopback(url.host)) return {};
  for (const std::string_view pattern : base::split(none_for, ',')) {
    if (covers(base::trim(pattern), url.host)) return {};
  }
  return url.scheme == "https" || url.scheme == "wss" ? https : http;
}

}  // namespace http
