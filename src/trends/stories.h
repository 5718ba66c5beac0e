// Stories: the ranked topics, one entry per story, with their evidence weighed.
//
// Topics belong to one story when half of the posts of one of them also carry the other (by the
// sampled posts), or when they are the same letters in another dress ("#timewarner", "time
// warner"). The best of a story leads it.
#pragma once

#include "trends/ranking.h"
#include "trends/tables.h"

#include <vector>

namespace trends {

struct Story {
  std::uint32_t record = 0;
  double score = 0;
  std::vector<std::uint32_t> members;  // other records, best first
};

// At most `max` stories, best first.
std::vector<Story> ranked_stories(const Tables& tables, std::size_t max);

}  // namespace trends
