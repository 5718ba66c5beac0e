// The API of posts, slots and media (tags posts of openapi.json).
#pragma once

#include "http/router.h"
#include "posts/posts.h"

namespace posts {

// The services outlive the router.
void bind(http::Router& router, Posts& posts, Slots& slots, media::Media& media,
          accounts::Accounts& accounts, db::Database& database);

// If-Match as a version; nothing when absent or "*". 400 when it is neither.
base::Result<std::optional<std::int64_t>> version_of(const http::Request& request);

}  // namespace posts
