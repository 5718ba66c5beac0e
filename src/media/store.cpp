#include "media/store.h"

#include <algorithm>
#include <regex>

namespace media {

bool is_store_key(std::string_view key) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '.' || c == '-' || c == '_';
  };
  return !key.empty() && key.size() <= 200 && key.front() != '/' && key.front() != '.' &&
         key.find("..") == std::string_view::npos && key.find("/.") == std::string_view::npos &&
         std::ranges::all_of(key, allowed);
}

bool is_our_key(std::string_view key) {
  static const std::regex ours(
      "([0-9a-f]{2}/[0-9a-f]{62}(\\.[A-Za-z0-9_-]{12})?"
      "|uploads/[0-9a-f-]{36}/[0-9]{1,12}\\.[A-Za-z0-9_-]{12})(\\.[A-Za-z0-9_-]{12}\\.part)?");
  return is_store_key(key) && std::regex_match(key.begin(), key.end(), ours);
}

}  // namespace media
