#include "posts/series_store.h"

#include "base/json.h"
#include "posts/posts.h"
#include "posts/store.h"

#include <array>

#include <fmt/format.h>

namespace posts {

namespace {

constexpr std::array series_states = {SeriesState::active, SeriesState::stopped,
                                      SeriesState::ended};

constexpr std::string_view columns =
    "series.id, series.workspace_id, series.author_id, series.changed_by, series.approved_by,"
    " series.parts, series.variants, series.language, series.too_late, series.too_late_after,"
    " series.trend_id, series.starts, series.rrule, series.time_zone, series.skipped,"
    " series.stops, series.state, series.settled, series.expand_at, series.problem,"
    " series.version, series.created_at, series.updated_at,"
    " COALESCE((SELECT name FROM users WHERE users.id = series.author_id), '') AS author,"
    " COALESCE((SELECT name FROM users WHERE users.id = series.approved_by), '') AS approver";

std::string skipped_to_column(const std::vector<std::string>& skipped) {
  return json::serialize(json::value_from(skipped));
}

std::vector<std::string> skipped_from_column(std::string_view text) {
  std::vector<std::string> skipped;
  const auto value = base::parse_json(text);
  if (!value || !value->is_array()) return skipped;
  for (const json::value& day : value->as_array()) skipped.emplace_back(day.as_string());
  return skipped;
}

SeriesRow row_of(const db::Row& row) {
  SeriesRow series{
      .id = row["id"].text(),
      .workspace = row["workspace_id"].id<base::WorkspaceId>(),
      .author_id = row["author_id"].id<base::UserId>(),
      .author = row["author"].text(),
      .changed_by = row["changed_by"].id<base::UserId>(),
      .approved_by = std::nullopt,
      .approver = row["approver"].text(),
      .input = {.content = {.parts = parts_from_column(row["parts"].text()),
                            .language = row["language"].text(),
                            .variants = variants_from_column(row["variants"].text()),
                            .when = {},
                            .too_late = too_late_of(row),
                            .trend = row["trend_id"].optional_text()},
                .repeat = {.starts = row["starts"].text(),
                           .rrule = row["rrule"].text(),
                           .time_zone = row["time_zone"].text(),
                           .skipped = skipped_from_column(row["skipped"].text())}},
      .stops = row["stops"].text(),
      .state = parse_series_state(row["state"].text()).value_or(SeriesState::stopped),
      .settled = row["settled"].text(),
      .expand_at = row["expand_at"].optional_instant(),
      .problem = row["problem"].text(),
      .version = row["version"].integer(),
      .created_at = row["created_at"].instant(),
      .updated_at = row["updated_at"].instant(),
  };
  if (!row["approved_by"].is_null()) series.approved_by = row["approved_by"].id<base::UserId>();
  return series;
}

std::vector<SeriesRow> rows_of(const db::Rows& rows) {
  std::vector<SeriesRow> found;
  found.reserve(rows.size());
  for (const db::Row& row : rows) found.push_back(row_of(row));
  return found;
}

}  // namespace

std::string_view to_string(SeriesState state) {
  switch (state) {
    case SeriesState::active:
      return "active";
    case SeriesState::stopped:
      return "stopped";
    case SeriesState::ended:
      return "ended";
  }
  return "stopped";
}

std::optional<SeriesState> parse_series_state(std::string_view text) {
  for (SeriesState state : series_states) {
    if (to_string(state) == text) return state;
  }
  return std::nullopt;
}

io::Task<> insert_series(db::Session& session, SeriesRow row) {
  co_await session.execute(
      "INSERT INTO series (id, workspace_id, author_id, changed_by, parts, variants, language,"
      " too_late, too_late_after, starts, rrule, time_zone, skipped, state, settled, version,"
      " created_at, updated_at) VALUES ($1, $2, $3, $3, '[]', '[]', '', '', 0, '', '', '', '[]',"
      " 'active', '', $4, $5, $5)",
      {row.id, row.workspace, row.author_id, row.version, row.created_at});
  co_await save_series(session, row, row.created_at);
}

io::Task<> save_series(db::Session& session, SeriesRow row, base::Instant now) {
  const PostInput& content = row.input.content;
  const Recurrence& repeat = row.input.repeat;
  co_await session.execute(
      "UPDATE series SET changed_by = $2, approved_by = $3, parts = $4, variants = $5,"
      " language = $6, too_late = $7, too_late_after = $8, trend_id = $9, starts = $10,"
      " rrule = $11, time_zone = $12, skipped = $13, stops = $14, state = $15, settled = $16,"
      " expand_at = $17, problem = $18, version = $19, updated_at = $20 WHERE id = $1",
      {row.id,
       row.changed_by,
       row.approved_by,
       parts_to_column(content.parts),
       variants_to_column(content.variants),
       content.language,
       to_string(content.too_late.policy),
       content.too_late.after.count(),
       content.trend,
       repeat.starts,
       repeat.rrule,
       repeat.time_zone,
       skipped_to_column(repeat.skipped),
       row.stops,
       to_string(row.state),
       row.settled,
       row.expand_at,
       row.problem,
       row.version,
       now});
}

io::Task<std::optional<SeriesRow>> read_series(db::Session& session, base::WorkspaceId workspace,
                                               std::string id, std::string_view locking) {
  auto rows = co_await session.execute(
      fmt::format("SELECT {} FROM series WHERE id = $1 AND workspace_id = $2{}", columns, locking),
      {id, workspace});
  if (rows.empty()) co_return std::nullopt;
  co_return row_of(rows[0]);
}

io::Task<std::vector<SeriesRow>> list_series(db::Session& session, base::WorkspaceId workspace,
                                             SeriesFilter filter) {
  db::Params params{workspace};
  std::string where = "workspace_id = $1";
  if (filter.state) {
    params.emplace_back(to_string(*filter.state));
    where += fmt::format(" AND state = ${}", params.size());
  }
  if (!filter.before_id.empty()) {
    params.emplace_back(filter.before_id);
    where += fmt::format(" AND id < ${}", params.size());
  }
  co_return rows_of(co_await session.execute(
      fmt::format("SELECT {} FROM series WHERE {} ORDER BY id DESC LIMIT {}", columns, where,
                  filter.limit + 1),
      std::move(params)));
}

io::Task<std::vector<SeriesRow>> due_series(db::Session& session, base::Instant now,
                                            std::size_t limit) {
  co_return rows_of(co_await session.execute(
      fmt::format("SELECT {} FROM series WHERE expand_at IS NOT NULL AND expand_at <= $1 AND"
                  " state = 'active' ORDER BY expand_at, id LIMIT {}",
                  columns, limit),
      {now}));
}

io::Task<std::int64_t> count_active(db::Session& session, base::WorkspaceId workspace) {
  auto rows = co_await session.execute(
      "SELECT COUNT(*) FROM series WHERE workspace_id = $1 AND state = 'active'", {workspace});
  co_return rows[0][0].integer();
}

io::Task<bool> take_occurrence(db::Session& session, std::string series, std::string local,
                               base::PostId post) {
  auto rows = co_await session.execute(
      "INSERT INTO series_occurrences (series_id, occurrence, post_id) VALUES ($1, $2, $3)"
      " ON CONFLICT DO NOTHING RETURNING post_id",
      {series, local, post});
  co_return !rows.empty();
}

io::Task<> forget_occurrence(db::Session& session, std::string series, std::string local) {
  co_await session.execute(
      "DELETE FROM series_occurrences WHERE series_id = $1 AND occurrence = $2", {series, local});
}

io::Task<> hand_over(db::Session& session, std::string from_series, std::string to_series,
                     std::string from_local) {
  for (const char* table : {"series_occurrences", "posts"}) {
    co_await session.execute(
        fmt::format("UPDATE {} SET series_id = $2 WHERE series_id = $1 AND occurrence >= $3",
                    table),
        {from_series, to_series, from_local});
  }
}

io::Task<std::vector<base::PostId>> waiting_posts(db::Session& session, std::string series,
                                                  std::string from_local) {
  auto rows = co_await session.execute(
      "SELECT id FROM posts WHERE series_id = $1 AND occurrence >= $2 AND apart = 0 AND EXISTS"
      " (SELECT 1 FROM targets WHERE targets.post_id = posts.id AND state IN ('draft',"
      " 'awaiting_approval', 'scheduled', 'paused')) ORDER BY occurrence",
      {series, from_local});
  std::vector<base::PostId> ids;
  for (const db::Row& row : rows) ids.push_back(row[0].id<base::PostId>());
  co_return ids;
}

io::Task<std::int64_t> count_ahead(db::Session& session, std::string series, base::Instant now) {
  auto rows = co_await session.execute(
      "SELECT COUNT(*) FROM posts WHERE series_id = $1 AND due_at > $2", {series, now});
  co_return rows[0][0].integer();
}

json::object to_json(const SeriesRow& row) {
  const PostInput& content = row.input.content;
  json::value approver;
  if (!row.approver.empty()) approver = row.approver;
  json::value stops;
  if (!row.stops.empty()) stops = row.stops;
  json::object body = content_json(content);
  body["id"] = row.id;
  body["state"] = to_string(row.state);
  body["repeat"] = to_json(row.input.repeat);
  body["stops"] = std::move(stops);
  body["problem"] = row.problem;
  body["author"] = row.author;
  body["approved_by"] = std::move(approver);
  body["created_at"] = base::format_rfc3339(row.created_at);
  body["updated_at"] = base::format_rfc3339(row.updated_at);
  body["version"] = row.version;
  return body;
}

}  // namespace posts
