#include "posts/timeline.h"

#include "base/json.h"

#include <algorithm>

#include <fmt/format.h>

namespace posts {

namespace {

constexpr std::size_t rows_per_statement = 500;
constexpr int entries_max = 1'000;

}  // namespace

io::Task<> append_timeline(db::Session& session, base::Instant now, std::vector<NewEntry> entries) {
  for (std::size_t first = 0; first < entries.size(); first += rows_per_statement) {
    const std::size_t end = std::min(entries.size(), first + rows_per_statement);
    std::string sql =
        "INSERT INTO timeline (id, post_id, target_id, at, event, actor, message, details) VALUES ";
    db::Params params;
    for (std::size_t i = first; i < end; ++i) {
      const NewEntry& entry = entries[i];
      const std::size_t n = params.size();
      sql += fmt::format("{}(${}, ${}, ${}, ${}, ${}, ${}, ${}, ${})", i == first ? "" : ", ",
                         n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7, n + 8);
      params.insert(params.end(), {base::make_uuid7(), entry.post, entry.target, now, entry.event,
                                   entry.actor, entry.message, json::serialize(entry.details)});
    }
    co_await session.execute(std::move(sql), std::move(params));
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
