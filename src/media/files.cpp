#include "media/files.h"

#include "base/crypto.h"
#include "base/error.h"
#include "base/text.h"

#include <fmt/format.h>

namespace media {

namespace {

constexpr std::size_t garbage_batch = 200;

}  // namespace

Files::Files(db::Database& database, const base::Clock& clock, Store& store)
    : database_(database), clock_(clock), store_(store) {}

std::string Files::fresh_key(std::string_view sha256) {
  return fmt::format("{}/{}.{}", sha256.substr(0, 2), sha256.substr(2), base::random_token(9));
}

io::Task<std::optional<std::string>> Files::key_of(std::string sha256, bool make_fresh) {
  const db::Rows rows =
      make_fresh
          ? co_await database_.execute(
                "UPDATE media_files SET stored_at = $2 WHERE sha256 = $1 RETURNING store_key",
                {sha256, clock_.now()})
          : co_await database_.execute("SELECT store_key FROM media_files WHERE sha256 = $1",
                                       {sha256});
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0]["store_key"].text();
}

io::Task<std::string> Files::put(SharedBytes bytes) {
  const std::string sha256 =
      co_await io::offload([bytes] { return base::hex(base::sha256(*bytes)); });
  if (const auto key = co_await key_of(sha256, true)) {
    // A row whose object was lost is mended by whoever brings the bytes again.
    if (!co_await store_.has(*key)) co_await store_.put(*key, bytes);
    co_return sha256;
  }
  const std::string key = fresh_key(sha256);
  co_await store_.put(key, bytes);
  const auto rows = co_await database_.execute(
      "INSERT INTO media_files (sha256, store_key, bytes, stored_at) VALUES ($1, $2, $3, $4)"
      " ON CONFLICT (sha256) DO UPDATE SET stored_at = excluded.stored_at RETURNING store_key",
      {sha256, key, bytes->size(), clock_.now()});
  // Somebody stored the same at the same time: theirs stays.
  if (rows[0]["store_key"].text() != key) co_await store_.remove(key);
  co_return sha256;
}

io::Task<std::optional<std::string>> Files::get(std::string sha256) {
  const auto key = co_await key_of(sha256, false);
  if (!key) co_return std::nullopt;
  auto bytes = co_await store_.get(*key);
  if (!bytes) co_return std::nullopt;
  const auto shared = std::make_shared<std::string>(std::move(*bytes));
  const bool intact =
      co_await io::offload([shared, sha256] { return base::hex(base::sha256(*shared)) == sha256; });
  if (!intact) throw base::Unavailable("media storage: a file is damaged: " + *key);
  co_return std::move(*shared);
}

io::Task<std::int64_t> Files::remove_unused() {
  const std::string unused =
      "stored_at < $1"
      " AND NOT EXISTS (SELECT 1 FROM media WHERE media.sha256 = media_files.sha256)"
      " AND NOT EXISTS (SELECT 1 FROM media_copies WHERE media_copies.sha256 = media_files.sha256)";
  std::int64_t removed = 0;
  while (true) {
    const auto rows = co_await database_.execute(
        fmt::format("DELETE FROM media_files WHERE sha256 IN"
                    " (SELECT sha256 FROM media_files WHERE {0} LIMIT $2) AND {0}"
                    " RETURNING store_key",
                    unused),
        {clock_.now() - file_fresh, garbage_batch});
    for (const db::Row& row : rows) co_await store_.remove(row["store_key"].text());
    removed += static_cast<std::int64_t>(rows.size());
    if (rows.size() < garbage_batch) co_return removed;
  }
}

}  // namespace media
