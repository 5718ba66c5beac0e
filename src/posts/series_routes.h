// The API of series. series_routes.cpp opens with the table of what there is.
#pragma once

#include "http/router.h"
#include "posts/series.h"

namespace posts {

void bind_series(http::Router& router, Series& series, const base::Clock& clock);

}  // namespace posts
