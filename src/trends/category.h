// Category: what a trend is about, where its words make it evident.
//
// Short lists of words that hardly ever mean anything else, in a few languages; cashtags speak for
// business. Evident means: at least two different words of the trend's names and co-terms are of
// one category, and more than twice as many as of any other. Otherwise there is none: no category
// is better than a wrong one. Pure.
#pragma once

#include "trends/trend.h"

#include <string_view>

namespace trends {

// "sports", "politics", "music", "screen", "games", "technology", "business", "science", "weather"
// or "disaster"; empty when it is not evident.
std::string_view category_of(const Trend& trend);
bool is_category(std::string_view name);

}  // namespace trends
