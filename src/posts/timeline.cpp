#include "posts/timeline.h"

#include "base/json.h"
#include "db/given.h"

#include <algorithm>

#include <fmt/format.h>

namespace posts {

namespace {

constexpr std::size_t rows_per_statement = 1'000;
constexpr int entries_max = 1'000;

}  // namespace

io::Task<> append_timeline(db::Session& session, base::Instant now, std::vector<NewEntry> entries,
                           db::Dialect dialect) {
  using db::Column;
  for (std::size_t first = 0; first < entries.size(); first += rows_per_statement) {
    const std::size_t end = std::min(entries.size(), first + rows_per_statement);
    db::GivenRows given(dialect, {{"id", Column::text},
                                  {"post_id", Column::text},
                                  {"target_id", Column::text},
                                  {"event", Column::text},
                                  {"actor", Column::text},
                                  {"message", Column::text},
                                  {"details", Column::text}});
    for (std::size_t i = first; i < end; ++i) {
      const NewEntry& entry = entries[i];
      given.add({base::make_uuid7(), entry.post, entry.target, entry.event, entry.actor,
                 entry.message, json::serialize(entry.details)});
    }
    const std::string at = given.parameter(now);
    std::string sql = fmt::format(
        "WITH {} INSERT INTO timeline (id, post_id, target_id, at, event, actor, message, details)"
        " SELECT id, post_id, target_id, CAST({} AS BIGINT), event, actor, message, details"
        " FROM given",
        given.table(), at);
    co_await session.execute(std::move(sql), given.take());
  }
}

io::Task<std::vector<TimelineEntry>> read_timeline(db::Session& session, base::PostId post) {
  auto rows = co_await session.execute(
      "SELECT id, target_id, at, event, actor, message, details FROM timeline WHERE post_id = $1"
      " ORDER BY at DESC, id DESC LIMIT $2",
      {post, entries_max});
  std::vector<TimelineEntry> entries;
  for (const db::Row& row : rows) {
    auto details = base::parse_json(row["details"].text());
    entries.push_back({
        .id = row["id"].text(),
        .target = row["target_id"].id<base::TargetId>(),
        .at = row["at"].instant(),
        .event = row["event"].text(),
        .actor = row["actor"].text(),
        .message = row["message"].text(),
        .details = details && details->is_object() ? details->as_object() : json::object{},
    });
  }
  std::reverse(entries.begin(), entries.end());
  co_return entries;
}

json::object to_json(const TimelineEntry& entry) {
  return {{"id", entry.id},
          {"target_id", entry.target.value},
          {"at", base::format_rfc3339(entry.at)},
          {"event", entry.event},
          {"actor", entry.actor},
          {"message", entry.message},
          {"details", entry.details}};
}

}  // namespace posts
