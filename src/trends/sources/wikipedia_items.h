// Recent changes of a Wikipedia as mentions: whoever edits an article speaks about its title. Pure.
#pragma once

#include "trends/source.h"

#include <cstdint>
#include <string>

namespace trends {

struct WikipediaPage {
  Batch batch;              // edits and new articles, oldest first
  std::int64_t newest = 0;  // id of the newest change; 0 = none
  std::int64_t oldest = 0;  // of the oldest on this page
  std::string next = {};    // where the answer goes on; empty = it does not
};

// The answer to action=query&list=recentchanges of `language` ("en"); changes up to `known` are
// left out. Throws base::Unavailable when it is another answer.
WikipediaPage read_recent_changes(const json::value& answer, const std::string& language,
                                  std::int64_t known, base::Instant now);

}  // namespace trends
