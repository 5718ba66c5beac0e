#include "posts/used_media.h"

namespace posts {

namespace {

// `before`: rows of media_id that were used until now.
io::Task<> note_media_use(db::Session& session, std::vector<base::MediaId> used, db::Rows before,
                          base::Instant now) {
  for (const base::MediaId& id : used) {
    co_await session.execute("UPDATE media SET unused_since = NULL WHERE id = $1", {id});
  }
  for (const db::Row& row : before) {
    co_await session.execute(
        "UPDATE media SET unused_since = $2 WHERE id = $1 AND NOT EXISTS"
        " (SELECT 1 FROM post_media WHERE post_media.media_id = media.id) AND NOT EXISTS"
        " (SELECT 1 FROM series_media WHERE series_media.media_id = media.id)",
        {row["media_id"], now});
  }
}

}  // namespace

io::Task<> link_media(db::Session& session, base::PostId post, std::vector<base::MediaId> media,
                      base::Instant now) {
  auto before = co_await session.execute(
      "DELETE FROM post_media WHERE post_id = $1 RETURNING media_id", {post});
  for (const base::MediaId& id : media) {
    co_await session.execute(
        "INSERT INTO post_media (post_id, media_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        {post, id});
  }
  co_await note_media_use(session, std::move(media), std::move(before), now);
}

io::Task<> link_series_media(db::Session& session, std::string series,
                             std::vector<base::MediaId> media, base::Instant now) {
  auto before = co_await session.execute(
      "DELETE FROM series_media WHERE series_id = $1 RETURNING media_id", {series});
  for (const base::MediaId& id : media) {
    co_await session.execute("INSERT INTO series_media (series_id, media_id) VALUES ($1, $2)",
                             {series, id});
  }
  co_await note_media_use(session, std::move(media), before, now);
}

}  // namespace posts
