// Weights of sources: which share of a source's authors counts.
//
// A weight of 0.25 counts a quarter of its authors, chosen by their hash: an author counts always
// or never, so numbers stay numbers of people, and shards agree without talking. What stands for
// many (a line of a trend list) counts with its weight instead. Pure.
#pragma once

#include "trends/mention.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace trends {

using SourceWeights = std::map<std::string, double, std::less<>>;  // by type

// Of "mastodon=0.5,feed=0.2"; what cannot be read is left out with a warning in the log.
SourceWeights parse_source_weights(std::string_view text);

// Drops the mentions of authors that do not count.
void thin(std::vector<Mention>& mentions, double weight);

}  // namespace trends
