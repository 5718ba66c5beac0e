#include "trends/links.h"

#include <algorithm>

namespace trends {

namespace {

constexpr std::size_t length_max = 300;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool starts_with_ignore_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(),
                                                    [](char a, char b) { return a == lower(b); });
}

bool equals_lower(std::string_view text, std::string_view lower_name) {
  return text.size() == lower_name.size() && starts_with_ignore_case(text, lower_name);
}

bool only_tracks(std::string_view name) {
  static constexpr std::string_view names[] = {
      "fbclid",  "gclid",   "dclid",    "gbraid",      "wbraid",     "msclkid",   "yclid",
      "twclid",  "ttclid",  "igshid",   "igsh",        "mc_cid",     "mc_eid",    "ref",
      "ref_src", "ref_url", "referrer", "src",         "source",     "cmpid",     "cmp",
      "ncid",    "cid",     "smid",     "smtyp",       "feature",    "share",     "shared",
      "spm",     "si",      "s_cid",    "ocid",        "guccounter", "soc_src",   "soc_trk",
      "_hsenc",  "_hsmi",   "mkt_tok",  "oly_anon_id", "amp",        "at_medium", "at_campaign",
  };
  if (starts_with_ignore_case(name, "utm_") || starts_with_ignore_case(name, "hsa_")) return true;
  return std::ranges::any_of(names,
                             [&](std::string_view known) { return equals_lower(name, known); });
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > 253 || host.find('.') == std::string_view::npos) return false;
  if (host.front() == '.' || host.back() == '.') return false;
  return std::ranges::all_of(host, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.';
  });
}

// Host without user, port and "www.".
std::string_view bare_host(std::string_view authority) {
  if (const auto at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  if (const auto colon = authority.find(':'); colon != std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    if (port.empty() || port == "80" || port == "443") authority = authority.substr(0, colon);
  }
  if (starts_with_ignore_case(authority, "www.")) authority.remove_prefix(4);
  return authority;
}

void append_query(std::string_view query, std::string& out) {
  char separator = '?';
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view item = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (item.empty() || only_tracks(item.substr(0, item.find('=')))) continue;
    out += separator;
    out += item;
    separator = '&';
  }
}

}  // namespace

bool canonical_link(std::string_view url, std::string& out) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos && scheme <= 8) {
    if (!equals_lower(url.substr(0, scheme), "http") &&
        !equals_lower(url.substr(0, scheme), "https"))
      return false;
    url.remove_prefix(scheme + 3);
  }
  if (std::ranges::any_of(url,
                          [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; }))
    return false;
  url = url.substr(0, url.find('#'));
  const std::string_view authority = url.substr(0, url.find_first_of("/?"));
  std::string_view rest = url.substr(authority.size());
  const std::string_view host = bare_host(authority);
  const std::string_view name = host.substr(0, host.find(':'));
  if (!is_host(name)) return false;
  if (host.size() + rest.size() > length_max) return false;

  std::ranges::transform(host, std::back_inserter(out), lower);
  const auto question = std::min(rest.find('?'), rest.size());
  std::string_view path = rest.substr(0, question);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  out += path;
  append_query(rest.substr(std::min(question + 1, rest.size())), out);
  return true;
}

}  // namespace trends
