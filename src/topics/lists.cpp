#include "topics/lists.h"

#include "base/crypto.h"

#include <fmt/format.h>

namespace topics {
namespace {

using namespace std::chrono_literals;

constexpr auto look_at_most_every = 2s;
constexpr auto counts_kept = std::chrono::days{30};
constexpr auto samples_kept = std::chrono::days{7};
constexpr std::int64_t samples_per_list_max = 200;
constexpr std::size_t name_max = 100;

constexpr std::string_view columns =
    "SELECT l.id, l.workspace_id, l.name, l.interest, l.enabled, l.version, l.feed_token,"
    " l.created_at, l.updated_at,"
    " (SELECT CAST(COALESCE(SUM(c.mentions), 0) AS BIGINT) FROM watch_counts c"
    "  WHERE c.list_id = l.id AND c.hour >= $1) AS mentions_hour,"
    " (SELECT CAST(COALESCE(SUM(c.mentions), 0) AS BIGINT) FROM watch_counts c"
    "  WHERE c.list_id = l.id AND c.hour >= $2) AS mentions_day FROM watch_lists l WHERE ";

Interest interest_of(std::string_view text) {
  const auto value = base::parse_json(text);
  if (!value) return {};
  const auto texts = [&](std::string_view name) {
    std::vector<std::string> found;
    const json::value* list = base::find(*value, fmt::format("/{}", name));
    if (list == nullptr || !list->is_array()) return found;
    for (const json::value& item : list->get_array()) {
      if (item.is_string()) found.emplace_back(item.get_string());
    }
    return found;
  };
  return {.keywords = texts("keywords"),
          .patterns = texts("patterns"),
          .exclude = texts("exclude"),
          .exclude_patterns = texts("exclude_patterns"),
          .authors = texts("authors"),
          .domains = texts("domains"),
          .languages = texts("languages"),
          .sources = texts("sources")};
}

WatchSample read_sample(const db::Row& row) {
  return {.id = row["id"].text(),
          .list = row["list_id"].text(),
          .source = row["source"].text(),
          .mention = row["mention_id"].text(),
          .item = row["item"].boolean(),
          .at = row["at"].instant(),
          .by = row["matched_by"].text(),
          .author = row["author"].text(),
          .language = row["language"].text(),
          .text = row["text"].text(),
          .url = row["url"].text()};
}

base::Instant hour_of(base::Instant now) {
  return base::Instant(std::chrono::floor<std::chrono::hours>(now));
}

std::unexpected<base::Error> none() { return base::not_found("There is no such watch list."); }

}  // namespace

base::Result<WatchListInput> read_watch_list(const json::value& body) {
  base::JsonReader in(body);
  WatchListInput input{.name = in.text("name", {.min = 1, .max = name_max}),
                       .enabled = in.optional_boolean("enabled").value_or(true),
                       .interest = read_interest(in),
                       .version = in.optional_integer("version", 1, INT64_MAX)};
  if (auto good = in.finish(); !good) return std::unexpected(good.error());
  return input;
}

Lists::Lists(db::Database& database, const base::Clock& clock)
    : database_(database), clock_(clock) {}

io::Task<std::vector<WatchList>> Lists::read(std::string where, db::Params params) {
  const base::Instant hour = hour_of(clock_.now());
  db::Params all{hour, hour - 23h};
  all.insert(all.end(), params.begin(), params.end());
  std::vector<WatchList> lists;
  for (const db::Row& row : co_await database_.execute(std::string(columns) + where, all)) {
    lists.push_back({.id = row["id"].text(),
                     .workspace = row["workspace_id"].id<base::WorkspaceId>(),
                     .name = row["name"].text(),
                     .enabled = row["enabled"].boolean(),
                     .interest = interest_of(row["interest"].text()),
                     .version = row["version"].integer(),
                     .feed_token = row["feed_token"].text(),
                     .mentions_hour = row["mentions_hour"].integer(),
                     .mentions_day = row["mentions_day"].integer(),
                     .created_at = row["created_at"].instant(),
                     .updated_at = row["updated_at"].instant()});
  }
  co_return lists;
}

io::Task<std::vector<WatchList>> Lists::list(base::WorkspaceId workspace) {
  co_return co_await read("l.workspace_id = $3 ORDER BY l.id", {workspace});
}

io::Task<base::Result<WatchList>> Lists::get(base::WorkspaceId workspace, std::string id) {
  auto found = co_await read("l.workspace_id = $3 AND l.id = $4", {workspace, id});
  if (found.empty()) co_return none();
  co_return std::move(found.front());
}

io::Task<std::optional<WatchList>> Lists::by_feed_token(std::string token) {
  auto found = co_await read("l.feed_token = $3", {token});
  if (found.empty()) co_return std::nullopt;
  co_return std::move(found.front());
}

io::Task<base::Result<WatchList>> Lists::add(base::WorkspaceId workspace, WatchListInput input) {
  const std::string id = base::make_uuid7();
  const base::Instant now = clock_.now();
  // One statement, so that two who add at once cannot both be the last.
  const auto added = co_await database_.execute(
      "INSERT INTO watch_lists (id, workspace_id, name, interest, enabled, version, feed_token,"
      " created_at, updated_at) SELECT $1, $2, $3, $4, $5, 1, $6, $7, $7"
      " WHERE (SELECT COUNT(*) FROM watch_lists WHERE workspace_id = $2) < $8",
      {id, workspace, input.name, json::serialize(to_json(input.interest)), input.enabled,
       base::random_token(), now, per_workspace_max});
  if (added.affected == 0) {
    co_return base::conflict(
        fmt::format("A workspace has at most {} watch lists.", per_workspace_max));
  }
  looked_at_ = {};
  co_return co_await get(workspace, id);
}

io::Task<base::Result<WatchList>> Lists::replace(base::WorkspaceId workspace, std::string id,
                                                 WatchListInput input) {
  const auto changed = co_await database_.execute(
      "UPDATE watch_lists SET name = $3, interest = $4, enabled = $5, version = version + 1,"
      " updated_at = $6 WHERE workspace_id = $1 AND id = $2 AND ($7 = 0 OR version = $7)",
      {workspace, id, input.name, json::serialize(to_json(input.interest)), input.enabled,
       clock_.now(), input.version.value_or(0)});
  if (changed.affected == 0) {
    auto there = co_await get(workspace, id);
    if (!there) co_return there;
    co_return base::fail({.status = 412,
                          .code = "version_mismatch",
                          .message = "Somebody has changed this watch list in the meantime."});
  }
  looked_at_ = {};
  co_return co_await get(workspace, id);
}

io::Task<base::Result<void>> Lists::remove(base::WorkspaceId workspace, std::string id) {
  auto tx = co_await database_.begin();
  const auto used = co_await tx->execute(
      "SELECT name FROM rules WHERE workspace_id = $1 AND list_id = $2 LIMIT 1", {workspace, id});
  if (!used.empty()) {
    co_return base::conflict(
        fmt::format("The rule \"{}\" needs this watch list.", used[0]["name"].text()));
  }
  const auto removed = co_await tx->execute(
      "DELETE FROM watch_lists WHERE workspace_id = $1 AND id = $2", {workspace, id});
  if (removed.affected == 0) co_return none();
  co_await tx->commit();
  looked_at_ = {};
  co_return base::Result<void>{};
}

io::Task<base::Result<WatchList>> Lists::renew_feed(base::WorkspaceId workspace, std::string id) {
  co_await database_.execute(
      "UPDATE watch_lists SET feed_token = $3 WHERE workspace_id = $1 AND id = $2",
      {workspace, id, base::random_token()});
  co_return co_await get(workspace, id);
}

io::Task<std::vector<WatchSample>> Lists::samples(std::string list, std::size_t limit) {
  std::vector<WatchSample> samples;
  for (const db::Row& row : co_await database_.execute(
           "SELECT * FROM watch_samples WHERE list_id = $1 ORDER BY seen_at DESC, id DESC LIMIT $2",
           {list, limit})) {
    samples.push_back(read_sample(row));
  }
  co_return samples;
}

io::Task<std::vector<WatchSample>> Lists::items_since(std::string list, base::Instant since) {
  std::vector<WatchSample> items;
  for (const db::Row& row : co_await database_.execute(
           "SELECT * FROM watch_samples WHERE list_id = $1 AND seen_at >= $2 AND item = 1"
           " ORDER BY seen_at, id",
           {list, since})) {
    items.push_back(read_sample(row));
  }
  co_return items;
}

io::Task<std::vector<HourCount>> Lists::counts(std::string list, base::Instant since) {
  std::vector<HourCount> counts;
  for (const db::Row& row : co_await database_.execute(
           "SELECT hour, mentions FROM watch_counts WHERE list_id = $1 AND hour >= $2"
           " ORDER BY hour",
           {list, since})) {
    counts.push_back({row["hour"].instant(), row["mentions"].integer()});
  }
  co_return counts;
}

io::Task<> Lists::record(std::vector<Found> found) {
  const base::Instant now = clock_.now();
  auto tx = co_await database_.begin();
  for (const Found& each : found) {
    // A list that was removed meanwhile takes nothing.
    co_await tx->execute(
        "INSERT INTO watch_counts (list_id, hour, mentions) SELECT id, $2, $3 FROM watch_lists"
        " WHERE id = $1 ON CONFLICT (list_id, hour) DO UPDATE SET"
        " mentions = watch_counts.mentions + excluded.mentions",
        {each.list, hour_of(now), each.mentions});
    for (const WatchSample& sample : each.samples) {
      co_await tx->execute(
          "INSERT INTO watch_samples (id, list_id, source, mention_id, item, at, matched_by,"
          " author, language, text, url, seen_at) SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, $10,"
          " $11, $12 FROM watch_lists WHERE id = $2"
          " ON CONFLICT (list_id, source, mention_id) DO NOTHING",
          {base::make_uuid7(), each.list, sample.source, sample.mention, sample.item, sample.at,
           sample.by, sample.author, sample.language, sample.text, sample.url, now});
    }
  }
  co_await tx->commit();
}

io::Task<> Lists::prune() {
  const base::Instant now = clock_.now();
  co_await database_.execute("DELETE FROM watch_counts WHERE hour < $1", {now - counts_kept});
  co_await database_.execute("DELETE FROM watch_samples WHERE seen_at < $1", {now - samples_kept});
  co_await database_.execute(
      "DELETE FROM watch_samples WHERE id IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER"
      " (PARTITION BY list_id ORDER BY seen_at DESC, id DESC) AS place FROM watch_samples) ranked"
      " WHERE place > $1)",
      {samples_per_list_max});
}

io::Task<std::shared_ptr<const Matcher>> Lists::matcher() {
  const base::Instant now = clock_.now();
  if (matcher_ && looked_at_ != base::Instant{} && now - looked_at_ < look_at_most_every) {
    co_return matcher_;
  }
  const auto rows = co_await database_.execute(
      "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(version), 0) AS BIGINT) AS versions,"
      " COALESCE(MAX(id), '') AS newest FROM watch_lists");
  std::string stamp = fmt::format("{} {} {}", rows[0]["n"].integer(), rows[0]["versions"].integer(),
                                  rows[0]["newest"].text());
  if (!matcher_ || stamp != stamp_) {
    std::vector<std::pair<std::string, Interest>> lists;
    for (const db::Row& row : co_await database_.execute(
             "SELECT id, interest FROM watch_lists WHERE enabled = 1 ORDER BY id")) {
      lists.emplace_back(row["id"].text(), interest_of(row["interest"].text()));
    }
    matcher_ = co_await io::offload(
        [&lists] { return std::make_shared<const Matcher>(std::move(lists)); });
    stamp_ = std::move(stamp);
  }
  looked_at_ = now;
  co_return matcher_;
}

json::object to_json(const WatchSample& sample) {
  return {
      {"id", sample.id},         {"source", sample.source}, {"at", base::format_rfc3339(sample.at)},
      {"matched_by", sample.by}, {"author", sample.author}, {"language", sample.language},
      {"text", sample.text},     {"url", sample.url}};
}

}  // namespace topics
