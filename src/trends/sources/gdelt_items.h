// Articles of GDELT's DOC API as mentions: a news site speaks about what its headline says. Pure.
#pragma once

#include "trends/source.h"

namespace trends {

// The answer to mode=artlist&format=json. Throws base::Unavailable when it is another answer.
Batch read_articles(const json::value& answer, base::Instant now);

}  // namespace trends
