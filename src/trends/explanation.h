// Explanation: a story as a Trend, with everything that supports it.
#pragma once

#include "trends/stories.h"

namespace trends {

Trend explain(const Tables& tables, const Story& story);
std::string trend_id(std::uint64_t key);
std::optional<std::uint64_t> key_of_trend_id(std::string_view id);

}  // namespace trends
