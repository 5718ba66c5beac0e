#include "posts/media.h"

#include "base/text.h"
#include "posts/image_header.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace posts {

namespace {

constexpr std::string_view columns =
    "id, workspace_id, sha256, content_type, bytes, width, height, alt_text, created_at";
constexpr std::size_t garbage_batch = 200;

base::Result<ImageHeader> checked(std::string_view bytes) {
  if (bytes.empty()) return base::invalid("body", "is empty: send the bytes of an image");
  if (bytes.size() > media_bytes_max) {
    return base::invalid("body", fmt::format("is larger than {} MiB", media_bytes_max >> 20));
  }
  auto header = read_image_header(bytes);
  if (!header) {
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

}  // namespace

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
  };
}

Media::Media(db::Database& database, const base::Clock& clock, const base::Vault& vault,
             std::string folder, std::string public_url)
    : database_(database),
      clock_(clock),
      files_(std::make_shared<MediaFiles>(std::move(folder))),
      link_key_(vault.derive("media links")),
      public_url_(std::move(public_url)) {
  while (public_url_.ends_with('/')) public_url_.pop_back();
}

io::Task<base::Result<MediaItem>> Media::upload(base::WorkspaceId workspace, std::string bytes,
                                                std::string alt_text) {
  auto header = checked(bytes);
  if (!header) co_return std::unexpected(header.error());
  auto alt = checked_alt_text(alt_text);
  if (!alt) co_return std::unexpected(alt.error());
  const MediaItem item{
      .id = base::MediaId::make(),
      .workspace = workspace,
      .sha256 = base::hex(base::sha256(bytes)),
      .content_type = std::string(header->content_type),
      .bytes = static_cast<std::int64_t>(bytes.size()),
      .width = header->width,
      .height = header->height,
      .alt_text = *alt,
      .created_at = clock_.now(),
  };
  // The row comes first: garbage collection asks for it before it drops a file.
  co_await database_.execute(
      "INSERT INTO media (id, workspace_id, sha256, content_type, bytes, width, height, alt_text,"
      " created_at, unused_since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
      {item.id, workspace, item.sha256, item.content_type, item.bytes, item.width, item.height,
       item.alt_text, item.created_at});
  co_await io::offload([files = files_, sha256 = item.sha256, bytes = std::move(bytes)] {
    files->put(sha256, bytes);
  });
  co_return item;
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
                  columns),
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
                  columns, placeholders(2, ids.size())),
      std::move(params));
  for (const db::Row& row : rows) items.push_back(media_item_of(row));
  co_return items;
}

io::Task<base::Result<std::vector<networks::Image>>> Media::load(base::WorkspaceId workspace,
                                                                 std::vector<base::MediaId> ids) {
  auto items = co_await list(database_, workspace, ids);
  std::vector<networks::Image> images;
  for (const base::MediaId& id : ids) {
    auto item = std::find_if(items.begin(), items.end(),
                             [&id](const MediaItem& each) { return each.id == id; });
    if (item == items.end()) co_return base::not_found("An image of this post is gone.");
    auto bytes = co_await io::offload(
        [files = files_, sha256 = item->sha256] { return files->get(sha256); });
    if (!bytes) co_return base::not_found("The file of an image of this post is gone.");
    images.push_back({.id = id,
                      .content_type = item->content_type,
                      .bytes = std::move(*bytes),
                      .alt_text = item->alt_text,
                      .width = item->width,
                      .height = item->height});
  }
  co_return images;
}

std::string Media::signature(const base::MediaId& id, std::string_view expires) const {
  return base::base64url(base::hmac_sha256(link_key_, id.value + "\n" + std::string(expires)));
}

std::string Media::link(const base::MediaId& id) const {
  // Ends on a full hour, one to two hours away: the same link for a while, so that caches help.
  const auto hour = std::chrono::ceil<std::chrono::hours>(clock_.now()) + std::chrono::hours{1};
  const std::string expires = std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(hour.time_since_epoch()).count());
  return fmt::format("{}/media/{}?expires={}&signature={}", public_url_, id.value, expires,
                     signature(id, expires));
}

io::Task<base::Result<Media::File>> Media::open_link(base::MediaId id, std::string expires,
                                                     std::string given) {
  const auto over = base::fail({.status = 403,
                                .code = "link_expired",
                                .message = "This link is not valid or no longer valid."});
  if (!base::equal_constant_time(given, signature(id, expires))) co_return over;
  std::int64_t until = 0;
  const auto [end, error] = std::from_chars(expires.data(), expires.data() + expires.size(), until);
  if (error != std::errc{} || end != expires.data() + expires.size()) co_return over;
  if (base::to_micros(clock_.now()) / 1'000'000 > until) co_return over;

  auto rows =
      co_await database_.execute(fmt::format("SELECT {} FROM media WHERE id = $1", columns), {id});
  if (rows.empty()) co_return base::not_found("This image was removed.");
  MediaItem item = media_item_of(rows[0]);
  auto bytes =
      co_await io::offload([files = files_, sha256 = item.sha256] { return files->get(sha256); });
  if (!bytes) co_return base::not_found("The file of this image is gone.");
  co_return File{.item = std::move(item), .bytes = std::move(*bytes)};
}

io::Task<std::int64_t> Media::collect_garbage() {
  std::int64_t removed = 0;
  while (true) {
    auto rows = co_await database_.execute(
        "DELETE FROM media WHERE id IN (SELECT id FROM media WHERE unused_since < $1"
        " AND NOT EXISTS (SELECT 1 FROM post_media WHERE post_media.media_id = media.id)"
        " ORDER BY unused_since LIMIT $2) AND unused_since IS NOT NULL RETURNING sha256",
        {clock_.now() - media_unused_max, garbage_batch});
    removed += static_cast<std::int64_t>(rows.size());
    for (const db::Row& row : rows) co_await remove_file(row["sha256"].text());
    if (rows.size() < garbage_batch) co_return removed;
  }
}

io::Task<> Media::remove_file(std::string sha256) {
  const std::string used = "SELECT 1 FROM media WHERE sha256 = $1 LIMIT 1";
  if (!(co_await database_.execute(used, {sha256})).empty()) co_return;
  const bool aside =
      co_await io::offload([files = files_, sha256] { return files->set_aside(sha256); });
  if (!aside) co_return;
  // Somebody may have stored the same bytes in the meantime: their row was there before the file.
  const bool wanted = !(co_await database_.execute(used, {sha256})).empty();
  co_await io::offload(
      [files = files_, sha256, wanted] { wanted ? files->put_back(sha256) : files->drop(sha256); });
}

json::object to_json(const MediaItem& item, std::string link) {
  return {
      {"id", item.id.value},    {"content_type", item.content_type},
      {"bytes", item.bytes},    {"width", item.width},
      {"height", item.height},  {"alt_text", item.alt_text},
      {"url", std::move(link)}, {"created_at", base::format_rfc3339(item.created_at)},
  };
}

}  // namespace posts
