// The request bodies of posts, read with every bad field named.
#pragma once

#include "base/error.h"
#include "posts/post.h"
#include "posts/series_store.h"

#include <optional>

namespace posts {

// Schema PostInput. Structure and bounds only: what the networks think of it is checks.h.
base::Result<PostInput> read_post_input(const json::value& body);

// Schema SeriesInput; the rule itself is checked by whoever makes the series.
base::Result<SeriesInput> read_series_input(const json::value& body, std::string zone_of_workspace);

struct PostChange {
  std::optional<When> when;
  std::optional<TooLate> too_late;
};
base::Result<PostChange> read_post_change(const json::value& body);

// {"reason": "..."}, required.
base::Result<std::string> read_reason(const json::value& body);

}  // namespace posts
