// A picture that somebody uploaded: a row of a workspace. Its bytes are in the store, once for each
// content (files.h).
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "db/database.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace media {

namespace json = boost::json;

struct MediaItem {
  base::MediaId id;
  base::WorkspaceId workspace;
  std::string sha256;  // hex, of the bytes
  std::string content_type;
  std::int64_t bytes = 0;
  std::int64_t width = 0;  // as shown
  std::int64_t height = 0;
  std::string alt_text;
  base::Instant created_at;
  bool animated = false;
  bool metadata = false;  // Exif, XMP or comments, or nobody has looked
};

// What media_item_of() needs of the table `media`.
inline constexpr std::string_view media_columns =
    "media.id, media.workspace_id, media.sha256, media.content_type, media.bytes, media.width,"
    " media.height, media.alt_text, media.created_at, media.animated, media.metadata";
MediaItem media_item_of(const db::Row& row);

// {"id", "content_type", ..., "url"}: schema Media.
json::object to_json(const MediaItem& item, std::string link);

}  // namespace media
