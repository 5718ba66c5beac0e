#include "media/garbage.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace media {

namespace {

constexpr std::size_t batch = 200;
constexpr std::size_t examples_max = 5;

// Those of the keys that a row knows.
io::Task<std::set<std::string>> known_of(db::Database& database, std::vector<std::string> keys) {
  std::set<std::string> known;
  for (std::size_t begin = 0; begin < keys.size(); begin += batch) {
    db::Params params;
    std::string list;
    for (std::size_t i = begin; i < std::min(begin + batch, keys.size()); ++i) {
      params.emplace_back(keys[i]);
      list += fmt::format("{}${}", list.empty() ? "" : ", ", params.size());
    }
    const auto rows = co_await database.execute(
        fmt::format("SELECT store_key FROM media_files WHERE store_key IN ({0}) UNION ALL"
                    " SELECT store_key FROM media_upload_chunks WHERE store_key IN ({0})",
                    list),
        std::move(params));
    for (const db::Row& row : rows) known.insert(row["store_key"].text());
  }
  co_return known;
}

// Objects of one page of the store that are old enough to have a row, and have none.
io::Task<std::vector<std::string>> orphans_of(db::Database& database, Store::Page page,
                                              base::Instant before) {
  std::vector<std::string> old;
  for (const Store::Object& object : page.objects) {
    if (object.changed_at < before && is_our_key(object.key)) old.push_back(object.key);
  }
  const auto known = co_await known_of(database, old);
  std::erase_if(old, [&known](const std::string& key) { return known.contains(key); });
  co_return old;
}

}  // namespace

Garbage::Garbage(db::Database& database, const base::Clock& clock, Media& media, Uploads& uploads)
    : database_(database), clock_(clock), media_(media), uploads_(uploads) {}

io::Task<Swept> Garbage::collect() {
  // In this order: each leaves what the next one may remove.
  Swept swept;
  swept.uploads = co_await uploads_.remove_expired();
  swept.media = co_await remove_unused_media();
  swept.copies = co_await media_.copies().remove_unused();
  swept.files = co_await media_.files().remove_unused();
  co_return swept;
}

io::Task<Swept> Garbage::collect_with_orphans() {
  Swept swept = co_await collect();
  swept.orphans = co_await remove_orphans();
  co_return swept;
}

io::Task<std::int64_t> Garbage::remove_unused_media() {
  std::int64_t removed = 0;
  while (true) {
    // `unused_since` is asked twice: a post that takes the row into use meanwhile changes it, and
    // the database looks at the changed row again.
    const auto rows = co_await database_.execute(
        "DELETE FROM media WHERE id IN (SELECT id FROM media WHERE unused_since < $1"
        " AND NOT EXISTS (SELECT 1 FROM post_media WHERE post_media.media_id = media.id)"
        " AND NOT EXISTS (SELECT 1 FROM series_media WHERE series_media.media_id = media.id)"
        " ORDER BY unused_since LIMIT $2) AND unused_since IS NOT NULL RETURNING id",
        {clock_.now() - media_unused_max, batch});
    removed += static_cast<std::int64_t>(rows.size());
    if (rows.size() < batch) co_return removed;
  }
}

io::Task<std::int64_t> Garbage::remove_orphans() {
  Store& store = media_.files().store();
  std::int64_t removed = 0;
  std::string after;
  do {
    Store::Page page = co_await store.list(after);
    after = page.next;
    const auto orphans = co_await orphans_of(database_, std::move(page), clock_.now() - orphan_age);
    for (const std::string& key : orphans) {
      co_await store.remove(key);
      ++removed;
    }
  } while (!after.empty());
  co_return removed;
}

io::Task<StoreReport> inspect(db::Database& database, const base::Clock& clock, Store& store) {
  StoreReport report;
  std::set<std::string> present;
  std::string after;
  do {
    Store::Page page = co_await store.list(after);
    after = page.next;
    for (const Store::Object& object : page.objects) present.insert(object.key);
    const auto orphans = co_await orphans_of(database, std::move(page), clock.now() - orphan_age);
    report.orphans += static_cast<std::int64_t>(orphans.size());
  } while (!after.empty());
  const auto rows = co_await database.execute(
      "SELECT store_key FROM media_files UNION ALL SELECT store_key FROM media_upload_chunks");
  report.rows = static_cast<std::int64_t>(rows.size());
  for (const db::Row& row : rows) {
    if (present.contains(row["store_key"].text())) continue;
    ++report.missing;
    if (report.missing_examples.size() < examples_max) {
      report.missing_examples.push_back(row["store_key"].text());
    }
  }
  co_return report;
}

}  // namespace media
