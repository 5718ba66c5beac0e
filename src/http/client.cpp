#include "http/client.h"

#include "base/text.h"
#include "base/time.h"

#include <charconv>

namespace http {

std::chrono::seconds retry_after(const Headers& headers, base::Instant now) {
  constexpr std::chrono::seconds longest = std::chrono::hours{24};
  const std::string_view text = base::trim(headers.get("Retry-After"));
  if (text.empty()) return {};
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    return error == std::errc() ? std::min(std::chrono::seconds{seconds}, longest) : longest;
  }
  const auto when = base::parse_rfc822(text);
  if (!when || *when <= now) return {};
  return std::min(std::chrono::ceil<std::chrono::seconds>(*when - now), longest);
}

}  // namespace http
