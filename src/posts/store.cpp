#include "posts/store.h"

#include "base/crypto.h"
#include "base/text.h"
#include "media/media.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace posts {

namespace {

std::string list_of(db::Params& params, const auto& ids) {
  std::string list;
  for (const auto& id : ids) {
    params.emplace_back(id);
    list += fmt::format("{}${}", list.empty() ? "" : ", ", params.size());
  }
  return list;
}

const Target* find_target(const std::vector<Target>& targets, const PlannedTarget& planned) {
  for (const Target& target : targets) {
    if (target.account == planned.account && target.part == planned.part) return &target;
  }
  return nullptr;
}

io::Task<> insert_target(db::Session& session, base::TargetId id,
                         std::optional<base::TargetId> previous, base::PostId post,
                         base::WorkspaceId workspace, PlannedTarget plan, TooLate too_late,
                         base::Instant now) {
  co_await session.execute(
      "INSERT INTO targets (id, workspace_id, post_id, account_id, account_handle, network, part,"
      " whole, previous_id, state, state_reason, due_at, too_late, too_late_after, text_hash,"
      " publish_key, created_at, updated_at)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, $12, $13, $14, $15, $16, $16)",
      {id, workspace, post, plan.account, plan.account_handle, plan.network, plan.part, plan.whole,
       previous, to_string(plan.state), plan.due_at, to_string(too_late.policy),
       too_late.after.count(), plan.text_hash, base::hex(base::random_bytes(16)), now});
}

// The key stays: should the network have taken an earlier try after all, it can still tell. The
// frozen payload goes, for the content may have changed.
io::Task<> rewrite_target(db::Session& session, base::TargetId id,
                          std::optional<base::TargetId> previous, PlannedTarget plan,
                          TooLate too_late, base::Instant now) {
  co_await session.execute(
      "UPDATE targets SET account_handle = $2, whole = $3, previous_id = $4, state = $5,"
      " state_reason = '', due_at = $6, too_late = $7, too_late_after = $8, text_hash = $9,"
      " attempt_id = CASE WHEN uncertain_count > 0 THEN attempt_id ELSE NULL END, retry_at = NULL,"
      " retry_count = 0, lookup_count = 0, progress = NULL, waiting_since = NULL, fence = fence + "
      "1, updated_at = $10 WHERE id = $1",
      {id, plan.account_handle, plan.whole, previous, to_string(plan.state), plan.due_at,
       to_string(too_late.policy), too_late.after.count(), plan.text_hash, now});
}

Target target_of(const db::Row& row) {
  return {
      .id = row["id"].id<base::TargetId>(),
      .account = row["account_id"].id<base::AccountId>(),
      .account_handle = row["account_handle"].text(),
      .network = row["network"].text(),
      .part = static_cast<int>(row["part"].integer()),
      .whole = row["whole"].boolean(),
      .state = stored_target_state(row["state"].text()),
      .state_reason = row["state_reason"].text(),
      .due_at = row["due_at"].optional_instant(),
      .retry_at = row["retry_at"].optional_instant(),
      .remote_id = row["remote_id"].text(),
      .url = row["url"].text(),
      .published_at = row["published_at"].optional_instant(),
      .attempts = static_cast<int>(row["attempt_count"].integer()),
      .uncertain = static_cast<int>(row["uncertain_count"].integer()),
  };
}

WhenType when_type_of(std::string_view text) {
  if (text == "now") return WhenType::now;
  if (text == "at") return WhenType::at;
  if (text == "next_slot") return WhenType::next_slot;
  return WhenType::draft;
}

std::optional<Occurrence> occurrence_of(const db::Row& row) {
  if (row["series_id"].is_null()) return std::nullopt;
  return Occurrence{.series = row["series_id"].text(),
                    .local = row["occurrence"].text(),
                    .apart = row["apart"].boolean()};
}

Post post_of(const db::Row& row) {
  return {
      .id = row["id"].id<base::PostId>(),
      .workspace = row["workspace_id"].id<base::WorkspaceId>(),
      .author_id = row["author_id"].id<base::UserId>(),
      .author = row["author"].text(),
      .changed_by = row["changed_by"].id<base::UserId>(),
      .approved_by = row["approved_by"].is_null()
                         ? std::nullopt
                         : std::optional(row["approved_by"].id<base::UserId>()),
      .approver = row["approver"].text(),
      .occurrence = occurrence_of(row),
      .parts = parts_from_column(row["parts"].text()),
      .variants = variants_from_column(row["variants"].text()),
      .language = row["language"].text(),
      .when_type = when_type_of(row["when_type"].text()),
      .due_at = row["due_at"].optional_instant(),
      .local = row["local_time"].optional_text(),
      .time_zone = row["time_zone"].text(),
      .too_late = too_late_of(row),
      .trend = row["trend_id"].optional_text(),
      .version = row["version"].integer(),
      .created_at = row["created_at"].instant(),
      .updated_at = row["updated_at"].instant(),
      .targets = {},
      .media = {},
      .warnings = {},
  };
}

constexpr std::string_view post_columns =
    "posts.id, posts.workspace_id, COALESCE(users.name, '') AS author, posts.parts,"
    " posts.variants, posts.language, posts.when_type, posts.due_at, posts.local_time,"
    " posts.time_zone, posts.too_late, posts.too_late_after, posts.trend_id, posts.version,"
    " posts.created_at, posts.updated_at, posts.author_id, COALESCE(posts.changed_by,"
    " posts.author_id) AS changed_by, posts.approved_by, COALESCE((SELECT name FROM users AS"
    " approvers WHERE approvers.id = posts.approved_by), '') AS approver, posts.series_id,"
    " posts.occurrence, posts.apart";

constexpr std::string_view target_columns =
    "id, post_id, account_id, account_handle, network, part, whole, state, state_reason, due_at,"
    " retry_at, remote_id, url, published_at, attempt_count, uncertain_count";

io::Task<> add_targets(db::Session& session, std::vector<Post>& posts, std::string_view locking) {
  std::vector<base::PostId> ids;
  std::map<std::string, Post*> by_id;
  for (Post& post : posts) {
    ids.push_back(post.id);
    by_id[post.id.value] = &post;
  }
  db::Params params;
  std::string sql = fmt::format(
      "SELECT {} FROM targets WHERE post_id IN ({}) ORDER BY post_id, account_id, part{}",
      target_columns, list_of(params, ids), locking);
  auto rows = co_await session.execute(std::move(sql), std::move(params));
  for (const db::Row& row : rows) by_id[row["post_id"].text()]->targets.push_back(target_of(row));
}

io::Task<> add_media(db::Session& session, std::vector<Post>& posts) {
  db::Params params;
  std::vector<base::PostId> ids;
  std::map<std::string, Post*> by_id;
  for (Post& post : posts) {
    if (media_of(post.parts, post.variants).empty()) continue;
    ids.push_back(post.id);
    by_id[post.id.value] = &post;
  }
  if (ids.empty()) co_return;
  std::string sql = fmt::format(
      "SELECT post_media.post_id, {} FROM post_media JOIN media ON media.id = post_media.media_id"
      " WHERE post_media.post_id IN ({}) ORDER BY media.id",
      media::media_columns, list_of(params, ids));
  auto rows = co_await session.execute(std::move(sql), std::move(params));
  for (const db::Row& row : rows) {
    by_id[row["post_id"].text()]->media.push_back(media::media_item_of(row));
  }
}

struct Cursor {
  base::Instant due;
  std::string id;
};

std::string make_cursor(const Post& post, bool by_time) {
  const std::string due =
      by_time && post.due_at ? std::to_string(base::to_micros(*post.due_at)) : "0";
  return base::base64url(due + " " + post.id.value);
}

std::optional<Cursor> read_cursor(const std::string& text) {
  const std::string plain = base::from_base64(text);
  const std::size_t space = plain.find(' ');
  if (space == std::string::npos || space == 0 || space > 18) return std::nullopt;
  if (plain.find_first_not_of("0123456789-") < space) return std::nullopt;
  Cursor cursor{.due = base::from_micros(std::atoll(plain.c_str())), .id = plain.substr(space + 1)};
  if (!base::is_uuid(cursor.id)) return std::nullopt;
  return cursor;
}

// Characters that LIKE understands are taken as they are.
std::string like_pattern(std::string_view text) {
  std::string pattern = "%";
  for (char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

}  // namespace

std::string ready_at_sql() {
  return "CASE WHEN previous_id IS NULL OR EXISTS (SELECT 1 FROM targets AS earlier WHERE"
         " earlier.id = targets.previous_id AND earlier.state = 'published') THEN due_at ELSE NULL"
         " END";
}

TooLate too_late_of(const db::Row& row) {
  const std::string& policy = row["too_late"].text();
  return {.policy = policy == "ask"    ? TooLatePolicy::ask
                    : policy == "drop" ? TooLatePolicy::drop
                                       : TooLatePolicy::publish,
          .after = std::chrono::seconds{row["too_late_after"].integer()}};
}

std::string_view for_update(db::Dialect dialect) {
  return dialect == db::Dialect::postgres ? " FOR UPDATE" : "";
}

io::Task<> insert_post(db::Session& session, PostRow row, base::Instant now) {
  const PostInput& input = row.input;
  std::optional<std::string> series;
  std::optional<std::string> occurrence;
  if (row.occurrence) {
    series = row.occurrence->series;
    occurrence = row.occurrence->local;
  }
  co_await session.execute(
      "INSERT INTO posts (id, workspace_id, author_id, parts, variants, language, when_type,"
      " due_at, local_time, time_zone, too_late, too_late_after, trend_id, search_text, version,"
      " created_at, updated_at, changed_by, approved_by, series_id, occurrence) VALUES ($1, $2, $3,"
      " $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15, $15, $16, $17, $18, $19)",
      {row.id, row.workspace, row.author, parts_to_column(input.parts),
       variants_to_column(input.variants), input.language, to_string(input.when.type), row.due_at,
       input.when.local, row.time_zone, to_string(input.too_late.policy),
       input.too_late.after.count(), input.trend, search_text(input.parts, input.variants), now,
       row.changed_by.value_or(row.author), row.approved_by, series, occurrence});
}

io::Task<bool> update_post(db::Session& session, PostRow row, std::int64_t version,
                           base::Instant now) {
  const PostInput& input = row.input;
  auto rows = co_await session.execute(
      "UPDATE posts SET parts = $3, variants = $4, language = $5, when_type = $6, due_at = $7,"
      " local_time = $8, time_zone = $9, too_late = $10, too_late_after = $11, trend_id = $12,"
      " search_text = $13, version = version + 1, updated_at = $14, changed_by = $15,"
      " approved_by = $16, apart = $17 WHERE id = $1 AND version = $2 RETURNING id",
      {row.id, version, parts_to_column(input.parts), variants_to_column(input.variants),
       input.language, to_string(input.when.type), row.due_at, input.when.local, row.time_zone,
       to_string(input.too_late.policy), input.too_late.after.count(), input.trend,
       search_text(input.parts, input.variants), now, row.author, row.approved_by,
       row.occurrence && row.occurrence->apart});
  co_return !rows.empty();
}

io::Task<bool> touch_post(db::Session& session, base::PostId id, std::int64_t version,
                          base::Instant now) {
  auto rows = co_await session.execute(
      "UPDATE posts SET version = version + 1, updated_at = $3 WHERE id = $1 AND version = $2"
      " RETURNING id",
      {id, version, now});
  co_return !rows.empty();
}

io::Task<std::vector<base::TargetId>> write_targets(db::Session& session, base::PostId post,
                                                    base::WorkspaceId workspace,
                                                    std::vector<PlannedTarget> plan,
                                                    std::vector<Target> present,
                                                    std::vector<base::TargetId> keep,
                                                    TooLate too_late, base::Instant now) {
  std::vector<base::TargetId> written;
  auto kept = [&keep](const base::TargetId& id) {
    return std::find(keep.begin(), keep.end(), id) != keep.end();
  };
  for (const Target& target : present) {
    const bool planned = std::any_of(plan.begin(), plan.end(), [&](const PlannedTarget& each) {
      return each.account == target.account && each.part == target.part;
    });
    if (!planned && !kept(target.id)) {
      co_await session.execute("DELETE FROM targets WHERE id = $1", {target.id});
    }
  }
  std::optional<base::TargetId> previous;
  for (const PlannedTarget& planned : plan) {
    if (planned.part == 0) previous.reset();
    const Target* existing = find_target(present, planned);
    const base::TargetId id = existing ? existing->id : base::TargetId::make();
    if (!existing) {
      co_await insert_target(session, id, previous, post, workspace, planned, too_late, now);
    } else if (!kept(id)) {
      co_await rewrite_target(session, id, previous, planned, too_late, now);
    }
    if (!kept(id)) written.push_back(id);
    previous = id;
  }
  co_await session.execute("UPDATE targets SET ready_at = " + ready_at_sql() +
                               " WHERE post_id = $1 AND state = 'scheduled'",
                           {post});
  co_return written;
}

io::Task<std::optional<Post>> read_post(db::Session& session, base::WorkspaceId workspace,
                                        base::PostId id, std::string_view locking) {
  auto rows = co_await session.execute(
      fmt::format("SELECT {} FROM posts LEFT JOIN users ON users.id = posts.author_id"
                  " WHERE posts.id = $1 AND posts.workspace_id = $2",
                  post_columns),
      {id, workspace});
  if (rows.empty()) co_return std::nullopt;
  std::vector<Post> posts;
  posts.push_back(post_of(rows[0]));
  co_await add_targets(session, posts, locking);
  co_await add_media(session, posts);
  co_return std::move(posts.front());
}

io::Task<base::Result<PostPage>> read_posts(db::Session& session, base::WorkspaceId workspace,
                                            PostFilter filter) {
  const bool by_time = filter.from.has_value() && filter.to.has_value();
  db::Params params{workspace};
  auto param = [&params](db::Value value) {
    params.push_back(std::move(value));
    return fmt::format("${}", params.size());
  };
  std::string where = "posts.workspace_id = $1";
  if (by_time) {
    where +=
        " AND posts.due_at >= " + param(*filter.from) + " AND posts.due_at < " + param(*filter.to);
  }
  if (!filter.search.empty()) {
    where += " AND posts.search_text LIKE " + param(like_pattern(filter.search)) + " ESCAPE '\\'";
  }
  if (!filter.series.empty()) where += " AND posts.series_id = " + param(filter.series);
  if (!filter.trend.empty()) where += " AND posts.trend_id = " + param(filter.trend);
  if (filter.state == PostState::needs_decision) {
    where +=
        " AND posts.id IN (SELECT post_id FROM targets WHERE targets.workspace_id = $1 AND"
        " targets.state = 'needs_decision' AND targets.id IN (SELECT target_id FROM"
        " queue_undecided))";
  } else if (filter.state) {
    where += " AND " + post_state_sql() + " = " + param(to_string(*filter.state));
  }
  if (!filter.cursor.empty()) {
    auto cursor = read_cursor(filter.cursor);
    if (!cursor) co_return base::invalid("cursor", "is not one that this server gave out");
    if (by_time) {
      const std::string due = param(cursor->due);
      where += " AND (posts.due_at > " + due + " OR (posts.due_at = " + due + " AND posts.id > " +
               param(cursor->id) + "))";
    } else {
      where += " AND posts.id < " + param(cursor->id);
    }
  }
  std::string sql = fmt::format(
      "SELECT {} FROM posts LEFT JOIN users ON users.id = posts.author_id WHERE {} ORDER BY {}"
      " LIMIT {}",
      post_columns, where, by_time ? "posts.due_at, posts.id" : "posts.id DESC", filter.limit + 1);
  auto rows = co_await session.execute(std::move(sql), std::move(params));

  PostPage page;
  for (const db::Row& row : rows) page.posts.push_back(post_of(row));
  if (page.posts.size() > filter.limit) {
    page.posts.resize(filter.limit);
    page.next_cursor = make_cursor(page.posts.back(), by_time);
  }
  if (page.posts.empty()) co_return page;
  co_await add_targets(session, page.posts, "");
  co_await add_media(session, page.posts);
  co_return page;
}

}  // namespace posts
