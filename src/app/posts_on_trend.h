// What a workspace wrote about a trend, and what became of it on each network: PostOnTrend of
// openapi.json. Here, because it takes posts and results, of which trends know nothing. One loop.
#pragma once

#include "posts/posts.h"
#include "results/results.h"

#include <boost/json.hpp>

namespace app {

// Both outlive the task.
io::Task<boost::json::array> posts_on_trend(posts::Posts& posts, results::Results& results,
                                            base::WorkspaceId workspace, base::TrendId trend);

}  // namespace app
