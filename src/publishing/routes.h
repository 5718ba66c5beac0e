// The API of publishing: a person's decisions, and the feeds that the program serves (see feed.h).
#pragma once

#include "http/router.h"
#include "media/media.h"
#include "posts/posts.h"
#include "publishing/decisions.h"
#include "publishing/feed.h"

namespace publishing {

// The services outlive the router.
void bind(http::Router& router, Decisions& decisions, posts::Posts& posts, media::Media& media,
          FeedStore& feeds, std::string public_url);

}  // namespace publishing
