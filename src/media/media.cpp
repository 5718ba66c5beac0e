#include "media/media.h"

#include "base/text.h"
#include "media/image_header.h"

#include <algorithm>

#include <fmt/format.h>

namespace media {

namespace {

base::Result<ImageHeader> checked(std::string_view bytes) {
  if (bytes.empty()) return base::invalid("body", "is empty: send the bytes of an image");
  if (bytes.size() > media_bytes_max) {
    return base::fail({.status = 413,
                       .code = "media_too_large",
                       .message = fmt::format("A file may have {} MiB.", media_bytes_max >> 20)});
  }
  auto header = read_image_header(bytes);
  if (!header || !is_complete_image(bytes, *header)) {
    return base::invalid("body", "is not a PNG, JPEG, GIF or WebP image, or is cut off");
  }
  if (header->width > media_side_max || header->height > media_side_max ||
      header->width * header->height > media_pixels_max) {
    return base::invalid(
        "body", fmt::format("is {} x {} pixels; at most {} on a side and {} in all", header->width,
                            header->height, media_side_max, media_pixels_max));
  }
  return *header;
}

base::Result<std::string> checked_alt_text(std::string_view text) {
  if (text.size() > alt_text_max) {
    return base::invalid("alt_text", fmt::format("is longer than {} bytes", alt_text_max));
  }
  return base::clean_utf8(text);
}

std::string placeholders(std::size_t first, std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) list += fmt::format("{}${}", i ? ", " : "", first + i);
  return list;
}

base::Error full(std::string_view what) {
  return {.status = 413,
          .code = "media_full",
          .message = fmt::format("There is no room for this file: {} has its fill of pictures. "
                                 "Delete posts with pictures that are not needed.",
                                 what)};
}

}  // namespace

Media::Media(MediaDoors doors, MediaOptions options)
    : database_(doors.database),
      clock_(doors.clock),
      options_(std::move(options)),
      links_(doors.clock, doors.vault, options_.public_url),
      files_(doors.database, doors.clock, doors.store),
      copies_(doors.database, doors.clock, files_, doors.converter) {}

io::Task<base::Result<MediaItem>> Media::upload(base::WorkspaceId workspace, std::string bytes,
                                                std::string alt_text) {
  if (auto room = co_await room_for(workspace, static_cast<std::int64_t>(bytes.size())); !room) {
    co_return std::unexpected(room.error());
  }
  auto item = co_await store(std::move(workspace), std::move(bytes), std::move(alt_text));
  if (item) co_await insert(database_, *item);
  co_return item;
}

io::Task<base::Result<void>> Media::room_for(base::WorkspaceId workspace, std::int64_t bytes) {
  const auto of_workspace = co_await database_.execute(
      "SELECT CAST(COALESCE(sum(bytes), 0) AS BIGINT) AS used FROM"
      " (SELECT bytes FROM media WHERE workspace_id = $1 UNION ALL"
      "  SELECT length AS bytes FROM media_uploads WHERE workspace_id = $1 AND media_id IS NULL"
      "  AND expires_at > $2) AS held",
      {workspace, clock_.now()});
  if (of_workspace[0]["used"].integer() + bytes > options_.workspace_bytes) {
    co_return base::fail(full("this workspace"));
  }
  const auto of_all = co_await database_.execute(
      "SELECT CAST(COALESCE(sum(bytes), 0) AS BIGINT) AS used FROM"
      " (SELECT bytes FROM media_files UNION ALL"
      "  SELECT length AS bytes FROM media_uploads WHERE media_id IS NULL AND expires_at > $1)"
      " AS held",
      {clock_.now()});
  if (of_all[0]["used"].integer() + bytes > options_.total_bytes) {
    co_return base::fail(full("this server"));
  }
  co_return base::Result<void>{};
}

io::Task<base::Result<MediaItem>> Media::store(base::WorkspaceId workspace, std::string bytes,
                                               std::string alt_text) {
  auto header = checked(bytes);
  if (!header) co_return std::unexpected(header.error());
  auto alt = checked_alt_text(alt_text);
  if (!alt) co_return std::unexpected(alt.error());
  MediaItem item{
      .id = base::MediaId::make(),
      .workspace = workspace,
      .sha256 = {},
      .content_type = std::string(header->content_type),
      .bytes = static_cast<std::int64_t>(bytes.size()),
      .width = header->sideways ? header->height : header->width,
      .height = header->sideways ? header->width : header->height,
      .alt_text = *alt,
      .created_at = clock_.now(),
      .animated = header->animated,
      .metadata = header->metadata,
  };
  item.sha256 = co_await files_.put(std::make_shared<std::string>(std::move(bytes)));
  co_return item;
}

io::Task<> Media::insert(db::Session& session, MediaItem item) {
  co_await session.execute(
      "INSERT INTO media (id, workspace_id, sha256, content_type, bytes, width, height, alt_text,"
      " created_at, unused_since, animated, metadata)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11)",
      {item.id, item.workspace, item.sha256, item.content_type, item.bytes, item.width, item.height,
       item.alt_text, item.created_at, item.animated, item.metadata});
}

io::Task<base::Result<MediaItem>> Media::get(base::WorkspaceId workspace, base::MediaId id) {
  auto items = co_await list(database_, workspace, {id});
  if (items.empty()) co_return base::not_found("There is no such media.");
  co_return items.front();
}

io::Task<base::Result<MediaItem>> Media::set_alt_text(base::WorkspaceId workspace, base::MediaId id,
                                                      std::string alt_text) {
  auto alt = checked_alt_text(alt_text);
  if (!alt) co_return std::unexpected(alt.error());
  auto rows = co_await database_.execute(
      fmt::format("UPDATE media SET alt_text = $1 WHERE id = $2 AND workspace_id = $3 RETURNING {}",
                  media_columns),
      {*alt, id, workspace});
  if (rows.empty()) co_return base::not_found("There is no such media.");
  co_return media_item_of(rows[0]);
}

io::Task<std::vector<MediaItem>> Media::list(db::Session& session, base::WorkspaceId workspace,
                                             std::vector<base::MediaId> ids) {
  std::vector<MediaItem> items;
  if (ids.empty()) co_return items;
  db::Params params{workspace};
  params.insert(params.end(), ids.begin(), ids.end());
  auto rows = co_await session.execute(
      fmt::format("SELECT {} FROM media WHERE workspace_id = $1 AND id IN ({}) ORDER BY id",
                  media_columns, placeholders(2, ids.size())),
      std::move(params));
  for (const db::Row& row : rows) items.push_back(media_item_of(row));
  co_return items;
}

Fit Media::fit_for(const MediaItem& item, const networks::Limits& limits) const {
  const Converting here = copies_.possible() ? Converting::possible : Converting::impossible;
  return fit(item, limits, options_.converting.value_or(here));
}

io::Task<base::Result<std::vector<networks::Image>>> Media::load(base::WorkspaceId workspace,
                                                                 std::vector<base::MediaId> ids,
                                                                 networks::Limits limits) {
  const auto items = co_await list(database_, workspace, ids);
  std::vector<networks::Image> images;
  for (const base::MediaId& id : ids) {
    const auto item = std::ranges::find(items, id, &MediaItem::id);
    if (item == items.end()) co_return base::not_found("An image of this post is gone.");
    auto image = co_await load_one(*item, fit_for(*item, limits));
    if (!image) co_return std::unexpected(image.error());
    images.push_back(std::move(*image));
  }
  co_return images;
}

io::Task<base::Result<networks::Image>> Media::load_one(MediaItem item, Fit fit) {
  networks::Image image{.id = item.id,
                        .content_type = item.content_type,
                        .bytes = {},
                        .alt_text = item.alt_text,
                        .width = item.width,
                        .height = item.height};
  if (fit.kind == Fit::Kind::impossible) {
    co_return base::invalid("media", "An image " + fit.reason + ".");
  }
  if (fit.kind == Fit::Kind::convert) {
    auto copy = co_await copies_.get(item, fit.conversion);
    if (!copy) co_return std::unexpected(copy.error());
    image.content_type = std::move(copy->content_type);
    image.bytes = std::move(copy->bytes);
    image.width = copy->width;
    image.height = copy->height;
    image.public_url = links_.public_link(item.id, copy->sha256);
    co_return image;
  }
  auto bytes = co_await files_.get(item.sha256);
  if (!bytes) co_return base::not_found("The file of an image of this post is gone.");
  image.bytes = std::move(*bytes);
  image.public_url = links_.public_link(item.id);
  co_return image;
}

io::Task<base::Result<Media::File>> Media::open_link(base::MediaId id, std::string copy,
                                                     std::string expires, std::string signature) {
  if (!links_.is_valid(id, copy, expires, signature)) {
    co_return base::fail({.status = 403,
                          .code = "link_expired",
                          .message = "This link is not valid or no longer valid."});
  }
  auto rows = co_await database_.execute(
      fmt::format("SELECT {} FROM media WHERE id = $1", media_columns), {id});
  if (rows.empty()) co_return base::not_found("This image was removed.");
  const MediaItem item = media_item_of(rows[0]);
  File file{.sha256 = item.sha256, .content_type = item.content_type, .bytes = {}};
  if (!copy.empty()) {
    const auto type = co_await copies_.type_of(item, copy);
    if (!type) co_return base::not_found("This image was removed.");
    file = {.sha256 = copy, .content_type = *type, .bytes = {}};
  }
  auto bytes = co_await files_.get(file.sha256);
  if (!bytes) co_return base::not_found("The file of this image is gone.");
  file.bytes = std::move(*bytes);
  co_return file;
}

}  // namespace media
