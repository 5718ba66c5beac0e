// How much a trend has to do with a watch list.
#pragma once

#include "topics/matcher.h"

#include <map>
#include <string>

namespace topics {

struct Relevance {
  double value = 0;  // 0..1
  std::string by;    // the pattern that counted most
};

// Of every list that the trend is of interest to, by index of matcher.lists(). `trend` is a body as
// the archive keeps it (trends/trend_json.h). Its name counts 1, another spelling 0.9, each sampled
// post its share of 0.8, a term that comes with it 0.4; what its name or spellings exclude is out.
std::map<std::size_t, Relevance> relevance(const Matcher& matcher, const json::object& trend);

}  // namespace topics
