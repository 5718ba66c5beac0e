#include "media/copies.h"

#include "base/error.h"
#include "media/image_header.h"

#include <fmt/format.h>

namespace media {

Copies::Copies(db::Database& database, const base::Clock& clock, Files& files, Converter& converter)
    : database_(database), clock_(clock), files_(files), converter_(converter) {}

io::Task<base::Result<Copy>> Copies::get(MediaItem item, Conversion conversion) {
  if (auto found = co_await find(item, conversion.recipe())) co_return std::move(*found);
  co_return co_await make(std::move(item), std::move(conversion));
}

io::Task<std::optional<Copy>> Copies::find(MediaItem item, std::string recipe) {
  const auto rows = co_await database_.execute(
      "UPDATE media_copies SET used_at = $3 WHERE source_sha256 = $1 AND recipe = $2"
      " RETURNING sha256, content_type, width, height",
      {item.sha256, recipe, clock_.now()});
  if (rows.empty()) co_return std::nullopt;
  const db::Row& row = rows[0];
  auto bytes = co_await files_.get(row["sha256"].text());
  if (!bytes) co_return std::nullopt;
  co_return Copy{.sha256 = row["sha256"].text(),
                 .content_type = row["content_type"].text(),
                 .bytes = std::move(*bytes),
                 .width = row["width"].integer(),
                 .height = row["height"].integer()};
}

io::Task<base::Result<Copy>> Copies::make(MediaItem item, Conversion conversion) {
  auto source = co_await files_.get(item.sha256);
  if (!source) co_return base::not_found("The file of an image of this post is gone.");
  auto made =
      co_await converter_.convert(std::make_shared<std::string>(std::move(*source)), conversion);
  if (!made) co_return std::unexpected(made.error());
  const auto header = read_image_header(*made);
  if (!header) throw base::Unavailable("the converter answers something that is no picture");
  const auto bytes = std::make_shared<std::string>(std::move(*made));
  Copy copy{.sha256 = co_await files_.put(bytes),
            .content_type = std::string(header->content_type),
            .bytes = *bytes,
            .width = header->width,
            .height = header->height};
  co_await database_.execute(
      "INSERT INTO media_copies (source_sha256, recipe, sha256, content_type, bytes, width, height,"
      " used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (source_sha256, recipe) DO"
      " UPDATE SET sha256 = excluded.sha256, content_type = excluded.content_type, bytes ="
      " excluded.bytes, width = excluded.width, height = excluded.height, used_at ="
      " excluded.used_at",
      {item.sha256, conversion.recipe(), copy.sha256, copy.content_type, copy.bytes.size(),
       copy.width, copy.height, clock_.now()});
  co_return copy;
}

io::Task<std::optional<std::string>> Copies::type_of(MediaItem item, std::string sha256) {
  const auto rows = co_await database_.execute(
      "SELECT content_type FROM media_copies WHERE source_sha256 = $1 AND sha256 = $2 LIMIT 1",
      {item.sha256, sha256});
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0]["content_type"].text();
}

io::Task<std::int64_t> Copies::remove_unused() {
  const auto rows = co_await database_.execute(
      "DELETE FROM media_copies WHERE used_at < $1 OR (used_at < $2 AND NOT EXISTS"
      " (SELECT 1 FROM media WHERE media.sha256 = media_copies.source_sha256)) RETURNING sha256",
      {clock_.now() - copy_unused_max, clock_.now() - file_fresh});
  co_return static_cast<std::int64_t>(rows.size());
}

}  // namespace media
