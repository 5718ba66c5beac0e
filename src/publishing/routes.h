// The API of publishing: a person's decisions, and the feeds that the program serves (see feed.h).
#pragma once

#include "http/router.h"
#include "posts/media.h"
#include "posts/posts.h"
#include "publishing/decisions.h"
#include "publishing/feed.h"

namespace publishing {

// The services outlive the router.
void bind(http::Router& router, Decisions& decisions, posts::Posts& posts, posts::Media& media,
          FeedStore& feeds, std::string public_url);

}  // namespace publishing
