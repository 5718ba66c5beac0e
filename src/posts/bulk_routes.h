// POST /api/posts/bulk: a table of posts, as JSON or CSV.
#pragma once

#include "http/router.h"
#include "posts/bulk.h"

namespace posts {

void bind_bulk(http::Router& router, Bulk& bulk, accounts::Accounts& accounts);

}  // namespace posts
