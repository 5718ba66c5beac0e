// RSS 0.9x, 1.0 and 2.0, Atom and JSON Feed as mentions, told apart by their content. Pure.
//
// Feeds are the wild: wrong encodings, broken dates, HTML in titles. XML is read without document
// types, so entities that a feed defines are never expanded, and within bounds of size, depth and
// number.
#pragma once

#include "base/error.h"
#include "trends/mention.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace trends {

struct ParsedFeed {
  std::string title;
  std::vector<Mention> mentions;
  std::int64_t rejected = 0;
  std::chrono::minutes every{
      0};  // what the feed itself asks for (ttl, sy:updatePeriod); 0 = nothing
};

// `content_type` of the response (for its charset), `url` of the feed (for items without a link or
// an author).
base::Result<ParsedFeed> parse_feed(std::string_view body, std::string_view content_type,
                                    const std::string& url, base::Instant now);

}  // namespace trends
