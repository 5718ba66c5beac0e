// Reddit's listings as mentions. Pure.
#pragma once

#include "trends/source.h"

namespace trends {

// The answer to /r/NAME/new. Throws base::Unavailable when it is another answer.
Batch read_reddit_listing(const json::value& answer, base::Instant now);

}  // namespace trends
