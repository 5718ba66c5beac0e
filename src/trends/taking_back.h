// Taking back: posts that were deleted or changed at their source leave the evidence.
//
// They were said, so they stay counted; but nobody is shown them any more, and no topic that rises
// later finds them among the recent posts.
#pragma once

#include "trends/tables.h"

#include <span>
#include <string>

namespace trends {

// By their ids at the source of this number; how many were there.
std::size_t take_back(Tables& tables, std::uint8_t source, std::span<const std::string> ids);

}  // namespace trends
