#include "media/item.h"

namespace media {

MediaItem media_item_of(const db::Row& row) {
  return {
      .id = row["id"].id<base::MediaId>(),
      .workspace = row["workspace_id"].id<base::WorkspaceId>(),
      .sha256 = row["sha256"].text(),
      .content_type = row["content_type"].text(),
      .bytes = row["bytes"].integer(),
      .width = row["width"].integer(),
      .height = row["height"].integer(),
      .alt_text = row["alt_text"].text(),
      .created_at = row["created_at"].instant(),
      .animated = row["animated"].boolean(),
      .metadata = row["metadata"].boolean(),
  };
}

json::object to_json(const MediaItem& item, std::string link) {
  return {
      {"id", item.id.value},
      {"content_type", item.content_type},
      {"bytes", item.bytes},
      {"width", item.width},
      {"height", item.height},
      {"animated", item.animated},
      {"alt_text", item.alt_text},
      {"url", std::move(link)},
      {"created_at", base::format_rfc3339(item.created_at)},
  };
}

}  // namespace media
