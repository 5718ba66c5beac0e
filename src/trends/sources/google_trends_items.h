// Google's feed of what is searched for as mentions. Pure.
//
// The feed tells how often roughly ("5000+ searches"): a thousand searches stand for one person who
// writes about it. What grew since the last look is new; a Tally remembers the last look.
#pragma once

#include "trends/source.h"
#include "trends/sources/mastodon_items.h"

#include <string>
#include <string_view>

namespace trends {

// The feed of a region ("US"). Throws base::Unavailable when it is another answer.
Batch read_google_trends(std::string_view body, const std::string& region, base::Instant now,
                         Tally& tally);

}  // namespace trends
