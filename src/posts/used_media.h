// Which media posts and series use, and since when others are unused: what is unused for long is
// collected. In the session of the change.
#pragma once

#include "db/database.h"
#include "posts/post.h"

#include <string>
#include <vector>

namespace posts {

io::Task<> link_media(db::Session& session, base::PostId post, std::vector<base::MediaId> media,
                      base::Instant now);
io::Task<> link_series_media(db::Session& session, std::string series,
                             std::vector<base::MediaId> media, base::Instant now);

}  // namespace posts
