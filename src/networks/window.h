// From when on a post can be ours, by the clock of the network that says when it was made: that
// clock is not ours, and the same words may have been posted before, by hand or by us.
#pragma once

#include "base/time.h"
#include "http/message.h"
#include "networks/wording.h"

#include <optional>

namespace networks {

struct Window {
  base::Instant surely;   // from here on it is ours
  base::Instant perhaps;  // from here on it may be
};

// `made_at` is our instant before which nothing was sent; `headers` those of the answer that lists
// the posts, received at `now`: its Date tells how far the network's clock is from ours.
Window window_from(base::Instant made_at, const http::Headers& headers, base::Instant now);

// What the age of a post leaves of the likeness of its words. No `created_at`: nobody knows.
Likeness limit_by_age(Likeness likeness, std::optional<base::Instant> created_at,
                      const Window& window);

// Instants as servers write them: RFC 3339, also with an offset like +0000 or without any (UTC).
std::optional<base::Instant> parse_created_at(std::string_view text);

}  // namespace networks
