#include "networks/window.h"

#include "base/text.h"

namespace networks {
namespace {

// A network may cut its instants to seconds.
constexpr std::chrono::seconds rounding{1};
constexpr std::chrono::minutes skew_max{2};
// Nobody's clock is that wrong: a Date like this is another machine's, a proxy's say.
constexpr std::chrono::minutes lead_max{10};

}  // namespace

Window window_from(base::Instant made_at, const http::Headers& headers, base::Instant now) {
  base::Duration lead{0};
  if (const auto date = base::parse_rfc822(base::trim(headers.get("Date")))) lead = *date - now;
  const bool credible = lead <= lead_max && lead >= -lead_max;
  const auto surely = made_at - rounding + (credible ? lead : base::Duration(0));
  return {.surely = surely,
          .perhaps = made_at - rounding + std::min(lead, base::Duration(0)) - skew_max};
}

Likeness limit_by_age(Likeness likeness, std::optional<base::Instant> created_at,
                      const Window& window) {
  if (!created_at) return std::min(likeness, Likeness::perhaps);
  if (*created_at < window.perhaps) return Likeness::none;
  return *created_at < window.surely ? std::min(likeness, Likeness::perhaps) : likeness;
}

std::optional<base::Instant> parse_created_at(std::string_view text) {
  if (auto instant = base::parse_rfc3339(text)) return instant;
  std::string mended(text);
  const auto sign = mended.size() >= 5 ? mended[mended.size() - 5] : ' ';
  if (sign == '+' || sign == '-') return base::parse_rfc3339(mended.insert(mended.size() - 2, ":"));
  return base::parse_rfc3339(mended + "Z");
}

}  // namespace networks
