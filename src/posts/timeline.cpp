#include "posts/timeline.h"

#include "base/json.h"
#include "base/text.h"
#include "db/given.h"

#include <algorithm>

#include <fmt/format.h>

namespace posts {

namespace {

constexpr std::size_t rows_per_statement = 1'000;
constexpr std::size_t entries_max = 1'000;

// The story of one attempt; a line that cannot be read is left out.
void read_story(const db::Row& row, std::vector<TimelineEntry>& entries) {
  int number = 0;
  for (const std::string_view line : base::split(row["story"].text(), '\n')) {
    const auto value = base::parse_json(line);
    const json::value* at = value ? base::find(*value, "/at") : nullptr;
    if (at == nullptr || !at->is_int64()) continue;
    const json::value* details = base::find(*value, "/details");
    entries.push_back({
        .id = fmt::format("{}:{:03}", row["id"].text(), ++number),
        .target = row["target_id"].id<base::TargetId>(),
        .at = base::from_micros(at->get_int64()),
        .event = base::text_at(*value, "/event"),
        .actor = base::text_at(*value, "/actor"),
        .message = base::text_at(*value, "/message"),
        .details = details && details->is_object() ? details->get_object() : json::object{},
    });
  }
}

io::Task<std::vector<TimelineEntry>> read_stories(db::Session& session, base::PostId post) {
  auto rows = co_await session.execute(
      "SELECT id, target_id, story FROM attempts WHERE story <> '' AND target_id IN"
      " (SELECT id FROM targets WHERE post_id = $1) ORDER BY started_at DESC LIMIT $2",
      {post, entries_max});
  std::vector<TimelineEntry> entries;
  for (const db::Row& row : rows) read_story(row, entries);
  co_return entries;
}

io::Task<std::vector<TimelineEntry>> read_claims(db::Session& session, base::PostId post) {
  auto rows = co_await session.execute(
      "SELECT id, claimed_at FROM targets WHERE post_id = $1 AND state = 'claimed'"
      " AND claimed_at IS NOT NULL",
      {post});
  std::vector<TimelineEntry> entries;
  for (const db::Row& row : rows) {
    NewEntry claimed =
        claimed_entry(post, row["id"].id<base::TargetId>(), row["claimed_at"].instant());
    entries.push_back({.id = row["id"].text() + ":claimed",
                       .target = claimed.target,
                       .at = *claimed.at,
                       .event = std::move(claimed.event),
                       .actor = std::move(claimed.actor),
                       .message = std::move(claimed.message),
                       .details = {}});
  }
  co_return entries;
}

}  // namespace

NewEntry claimed_entry(base::PostId post, base::TargetId target, base::Instant at) {
  return {.post = std::move(post),
          .target = std::move(target),
          .event = "claimed",
          .actor = "worker",
          .message = "Its time has come: the post is made ready.",
          .at = at};
}

std::string story_line(const NewEntry& entry, base::Instant now) {
  return json::serialize(json::object{{"at", base::to_micros(entry.at.value_or(now))},
                                      {"event", entry.event},
                                      {"actor", entry.actor},
                                      {"message", entry.message},
                                      {"details", entry.details}}) +
         "\n";
}

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
                                  {"details", Column::text},
                                  {"at", Column::integer}});
    for (std::size_t i = first; i < end; ++i) {
      const NewEntry& entry = entries[i];
      given.add({base::make_uuid7(), entry.post, entry.target, entry.event, entry.actor,
                 entry.message, json::serialize(entry.details), entry.at.value_or(now)});
    }
    std::string sql = fmt::format(
        "WITH {} INSERT INTO timeline (id, post_id, target_id, at, event, actor, message, details)"
        " SELECT id, post_id, target_id, CAST(at AS BIGINT), event, actor, message, details FROM "
        "given",
        given.table());
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
  for (auto& told : {co_await read_stories(session, post), co_await read_claims(session, post)}) {
    entries.insert(entries.end(), told.begin(), told.end());
  }
  // Ids grow with time: what was told at one instant stays in its order.
  std::sort(entries.begin(), entries.end(), [](const TimelineEntry& a, const TimelineEntry& b) {
    return std::tie(a.at, a.id) < std::tie(b.at, b.id);
  });
  if (entries.size() > entries_max) {
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(entries_max));
  }
  co_return entries;
}

json::object to_json(const TimelineEntry& entry) {
  const bool by_itself = entry.actor == "worker" || entry.actor == "system";
  return {{"id", entry.id},
          {"target_id", entry.target.value},
          {"at", base::format_rfc3339(entry.at)},
          {"event", entry.event},
          {"actor", by_itself ? std::string() : entry.actor},
          {"message", entry.message},
          {"details", entry.details}};
}

}  // namespace posts
