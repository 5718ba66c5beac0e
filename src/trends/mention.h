// A mention: one observed post or item of a source, as the detector sees it.
#pragma once

#include "base/time.h"

#include <string>
#include <vector>

namespace trends {

struct Mention {
  std::string id;  // unique within its source
  base::Instant
      at;  // when it was made: the source's own clock where there is one, never in the future
  std::string
      author;        // stable identity at the source; empty when the source has none (a trend list)
  std::string text;  // plain text (HTML already read), at most 10,000 bytes
  std::string language;                // BCP 47 primary subtag ("en"), empty when unknown
  std::vector<std::string> tags = {};  // without '#'; cashtags with '$'
  std::vector<std::string> links = {};
  std::string url = {};  // where a person can see it
  bool repost = false;
  // How many this one stands for (a trend list says "120 uses by 80 accounts"); 1 for a post.
  double weight = 1;
};

}  // namespace trends
