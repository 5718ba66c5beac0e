#include "media/uploads.h"

#include "base/crypto.h"
#include "base/text.h"
#include "media/image_header.h"

#include <fmt/format.h>

namespace media {

namespace {

constexpr std::string_view columns =
    "id, workspace_id, length, received, alt_text, media_id, expires_at";
constexpr std::size_t magic_bytes = 12;
constexpr std::size_t expired_batch = 50;
// Clocks of processes differ a little: nobody appends any more when the pieces are removed.
constexpr std::chrono::minutes removal_delay{10};

Upload upload_of(const db::Row& row) {
  Upload upload{.id = row["id"].text(),
                .workspace = row["workspace_id"].id<base::WorkspaceId>(),
                .length = row["length"].integer(),
                .received = row["received"].integer(),
                .alt_text = row["alt_text"].text(),
                .media = std::nullopt,
                .expires_at = row["expires_at"].instant()};
  if (auto media = row["media_id"].optional_text()) upload.media = base::MediaId{*media};
  return upload;
}

base::Error wrong_offset(std::int64_t offset) {
  return {.status = 409,
          .code = "wrong_offset",
          .message =
              fmt::format("The upload stands at byte {}: ask with HEAD and go on there.", offset)};
}

base::Error too_long() {
  return {.status = 413,
          .code = "upload_too_long",
          .message = "That is more than the Upload-Length that was said."};
}

base::Error no_image() {
  return {.status = 415,
          .code = "media_type",
          .message = "The file is not a PNG, JPEG, GIF or WebP image."};
}

// What can be said about a piece before it is stored.
std::optional<base::Error> objection(const Upload& upload, std::int64_t offset,
                                     std::string_view bytes) {
  if (offset != upload.received) return wrong_offset(upload.received);
  const std::int64_t left = upload.length - upload.received;
  if (static_cast<std::int64_t>(bytes.size()) > left) return too_long();
  const bool last = static_cast<std::int64_t>(bytes.size()) == left;
  if (!last && !bytes.empty() && bytes.size() < piece_bytes_min) {
    return base::Error{.status = 400,
                       .code = "piece_too_small",
                       .message = fmt::format("A piece that is not the last has at least {} bytes.",
                                              piece_bytes_min)};
  }
  if (offset == 0 && bytes.size() >= magic_bytes && !begins_like_an_image(bytes)) {
    return no_image();
  }
  return std::nullopt;
}

}  // namespace

Uploads::Uploads(db::Database& database, const base::Clock& clock, Media& media)
    : database_(database), clock_(clock), media_(media) {}

io::Task<base::Result<Upload>> Uploads::create(base::WorkspaceId workspace, std::int64_t length,
                                               std::string alt_text) {
  if (length < 1 || length > static_cast<std::int64_t>(media_bytes_max)) {
    co_return base::fail(
        {.status = 413,
         .code = "media_too_large",
         .message = fmt::format("A file may have 1 byte to {} MiB.", media_bytes_max >> 20)});
  }
  if (alt_text.size() > alt_text_max) {
    co_return base::invalid("alt_text", fmt::format("is longer than {} bytes", alt_text_max));
  }
  const auto open = co_await database_.execute(
      "SELECT count(*) AS n FROM media_uploads WHERE workspace_id = $1 AND media_id IS NULL"
      " AND expires_at > $2",
      {workspace, clock_.now()});
  if (open[0]["n"].integer() >= open_uploads_max) {
    co_return base::fail(
        {.status = 429,
         .code = "too_many_uploads",
         .message =
             fmt::format("{} uploads are under way; end some of them first.", open_uploads_max),
         .retry_after = 60});
  }
  if (auto room = co_await media_.room_for(workspace, length); !room) {
    co_return std::unexpected(room.error());
  }
  const base::Instant now = clock_.now();
  const auto rows = co_await database_.execute(
      fmt::format("INSERT INTO media_uploads (id, workspace_id, length, received, alt_text,"
                  " media_id, created_at, expires_at) VALUES ($1, $2, $3, 0, $4, NULL, $5, $6)"
                  " RETURNING {}",
                  columns),
      {base::make_uuid7(), workspace, length, base::clean_utf8(alt_text), now,
       now + upload_lifetime});
  co_return upload_of(rows[0]);
}

io::Task<base::Result<Upload>> Uploads::find(base::WorkspaceId workspace, std::string id) {
  const auto rows = co_await database_.execute(
      fmt::format("SELECT {} FROM media_uploads WHERE id = $1 AND workspace_id = $2", columns),
      {id, workspace});
  if (rows.empty()) co_return base::not_found("There is no such upload.");
  Upload upload = upload_of(rows[0]);
  if (upload.expires_at <= clock_.now()) {
    co_return base::fail({.status = 410,
                          .code = "upload_expired",
                          .message = "This upload took too long and was given up: begin anew."});
  }
  co_return upload;
}

io::Task<base::Result<Upload>> Uploads::get(base::WorkspaceId workspace, std::string id) {
  auto upload = co_await find(std::move(workspace), std::move(id));
  // A process may have died between the last piece and what becomes of it.
  if (upload && upload->received == upload->length && !upload->media) {
    co_return co_await finish(std::move(*upload));
  }
  co_return upload;
}

io::Task<base::Result<Upload>> Uploads::append(base::WorkspaceId workspace, std::string id,
                                               std::int64_t offset, std::string bytes) {
  auto upload = co_await find(workspace, id);
  if (!upload) co_return upload;
  if (auto error = objection(*upload, offset, bytes)) {
    if (error->status == 415) co_await drop(id);
    co_return base::fail(std::move(*error));
  }
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (size > 0) {
    const bool taken = co_await take_piece(*upload, offset, std::move(bytes));
    if (!taken) {
      auto now = co_await find(workspace, id);
      co_return now ? base::fail(wrong_offset(now->received)) : now;
    }
    upload->received += size;
  }
  if (upload->received < upload->length || upload->media) co_return upload;
  co_return co_await finish(std::move(*upload));
}

io::Task<bool> Uploads::take_piece(Upload upload, std::int64_t offset, std::string bytes) {
  const auto shared = std::make_shared<std::string>(std::move(bytes));
  const std::string key = fmt::format("uploads/{}/{}.{}", upload.id, offset, base::random_token(9));
  Store& store = media_.files().store();
  co_await store.put(key, shared);
  bool taken = false;
  {
    const auto transaction = co_await database_.begin();
    const auto moved = co_await transaction->execute(
        "UPDATE media_uploads SET received = $3 WHERE id = $1 AND received = $2 RETURNING id",
        {upload.id, offset, offset + static_cast<std::int64_t>(shared->size())});
    taken = !moved.empty();
    if (taken) {
      co_await transaction->execute(
          "INSERT INTO media_upload_chunks (upload_id, position, bytes, store_key)"
          " VALUES ($1, $2, $3, $4)",
          {upload.id, offset, shared->size(), key});
      co_await transaction->commit();
    }
  }
  if (!taken) co_await store.remove(key);
  co_return taken;
}

io::Task<base::Result<MediaItem>> Uploads::assemble(Upload upload) {
  const auto pieces = co_await database_.execute(
      "SELECT store_key FROM media_upload_chunks WHERE upload_id = $1 ORDER BY position",
      {upload.id});
  std::string whole;
  whole.reserve(static_cast<std::size_t>(upload.length));
  for (const db::Row& piece : pieces) {
    const auto bytes = co_await media_.files().store().get(piece["store_key"].text());
    if (!bytes) break;
    whole += *bytes;
  }
  if (static_cast<std::int64_t>(whole.size()) != upload.length) {
    co_return base::fail({.status = 410,
                          .code = "upload_lost",
                          .message = "A piece of this upload was lost: begin anew."});
  }
  co_return co_await media_.store(upload.workspace, std::move(whole), upload.alt_text);
}

io::Task<base::Result<Upload>> Uploads::finish(Upload upload) {
  auto item = co_await assemble(upload);
  if (!item) {
    // Somebody else may have made media of it meanwhile, and removed the pieces.
    auto now = co_await find(upload.workspace, upload.id);
    if (!now || now->media) co_return now;
    co_await drop(upload.id);
    base::Error error = std::move(item.error());
    if (error.status == 422) error.status = 415;
    co_return base::fail(std::move(error));
  }
  db::Rows pieces;
  {
    const auto transaction = co_await database_.begin();
    const auto mine = co_await transaction->execute(
        "UPDATE media_uploads SET media_id = $2 WHERE id = $1 AND media_id IS NULL RETURNING id",
        {upload.id, item->id});
    if (!mine.empty()) {
      co_await Media::insert(*transaction, *item);
      pieces = co_await transaction->execute(
          "DELETE FROM media_upload_chunks WHERE upload_id = $1 RETURNING store_key", {upload.id});
      co_await transaction->commit();
    }
  }
  co_await remove_objects(std::move(pieces));
  co_return co_await find(upload.workspace, upload.id);
}

io::Task<base::Result<void>> Uploads::remove(base::WorkspaceId workspace, std::string id) {
  const auto upload = co_await find(std::move(workspace), id);
  if (!upload) co_return std::unexpected(upload.error());
  co_await drop(std::move(id));
  co_return base::Result<void>{};
}

io::Task<> Uploads::drop(std::string id) {
  db::Rows pieces;
  {
    const auto transaction = co_await database_.begin();
    pieces = co_await transaction->execute(
        "DELETE FROM media_upload_chunks WHERE upload_id = $1 RETURNING store_key", {id});
    co_await transaction->execute("DELETE FROM media_uploads WHERE id = $1", {id});
    co_await transaction->commit();
  }
  co_await remove_objects(std::move(pieces));
}

io::Task<> Uploads::remove_objects(db::Rows pieces) {
  for (const db::Row& piece : pieces) {
    co_await media_.files().store().remove(piece["store_key"].text());
  }
}

io::Task<std::int64_t> Uploads::remove_expired() {
  std::int64_t removed = 0;
  while (true) {
    const auto expired =
        co_await database_.execute("SELECT id FROM media_uploads WHERE expires_at < $1 LIMIT $2",
                                   {clock_.now() - removal_delay, expired_batch});
    for (const db::Row& row : expired) co_await drop(row["id"].text());
    removed += static_cast<std::int64_t>(expired.size());
    if (expired.size() < expired_batch) co_return removed;
  }
}

}  // namespace media
