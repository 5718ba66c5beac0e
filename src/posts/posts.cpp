#include "posts/posts.h"

#include "accounts/audit.h"
#include "base/check.h"
#include "base/text.h"
#include "posts/plan.h"
#include "posts/used_media.h"
#include "posts/when.h"
#include "posts/writing.h"

#include <algorithm>

#include <fmt/format.h>

namespace posts {

namespace {

base::Error too_long_ago() {
  return {.status = 412,
          .code = "version_mismatch",
          .message = "Somebody has changed this post in the meantime: load it again."};
}

std::vector<base::TargetId> ids_of(const std::vector<Target>& targets, auto condition) {
  std::vector<base::TargetId> ids;
  for (const Target& target : targets) {
    if (condition(target.state)) ids.push_back(target.id);
  }
  return ids;
}

PostInput input_of(const Post& post) {
  return {.parts = post.parts,
          .language = post.language,
          .variants = post.variants,
          .when = {},
          .too_late = post.too_late,
          .trend = post.trend};
}

// What stays of an approval when somebody only moves the post: it does if the mover may approve it.
std::optional<base::UserId> approval_after_move(const Post& post, const accounts::Principal& who,
                                                const Standing& standing) {
  const bool may = who.role >= accounts::Role::approver && standing.self_approval;
  return may ? post.approved_by : std::nullopt;
}

std::string name_for_people(const Post& post) {
  if (!post.due_at) return "a draft";
  std::string wall = base::to_wall_time(*post.due_at, post.time_zone);
  wall[10] = ' ';
  return fmt::format("post of {} ({})", wall.substr(0, 16), post.time_zone);
}

}  // namespace

Posts::Posts(db::Database& database, const base::Clock& clock, Checks& checks, Slots& slots,
             Signals signals)
    : database_(database),
      clock_(clock),
      checks_(checks),
      slots_(slots),
      signals_(std::move(signals)) {}

io::Task<base::Result<Checked>> Posts::checked(Who who, const PostInput& input,
                                               std::optional<base::Instant> due,
                                               std::optional<base::PostId> self) {
  Checked checked = co_await checks_.check(who.workspace, input, due, self);
  Checks::warn_of_clock(checked, input.when, who.time_zone);
  // A draft may still be too long; what it names must exist.
  const bool draft = input.when.type == WhenType::draft;
  auto errors = draft ? checked.structural_errors() : checked.errors();
  if (!errors.empty()) co_return base::invalid(std::move(errors));
  co_return checked;
}

io::Task<base::Result<Validation>> Posts::validate(Who who, PostInput input,
                                                   std::optional<base::PostId> self) {
  auto due = resolve(input.when, who.time_zone, clock_.now());
  if (!due) co_return std::unexpected(due.error());
  Validation result{.due_at = *due, .checked = {}};
  result.checked = co_await checks_.check(who.workspace, input, due->value_or(clock_.now()), self);
  Checks::warn_of_clock(result.checked, input.when, who.time_zone);
  if (input.when.type == WhenType::next_slot) {
    for (Check& check : result.checked.checks) {
      auto slot = co_await slots_.next(database_, check.account);
      if (!slot) {
        check.errors.push_back({"when.type", slot.error().message});
      } else if (!result.due_at || slot->at < *result.due_at) {
        result.due_at = slot->at;
      }
    }
  }
  result.ok = result.checked.ok();
  co_return result;
}

io::Task<base::Result<Post>> Posts::create(Who who, PostInput input, Alongside alongside) {
  auto due = resolve(input.when, who.time_zone, clock_.now());
  if (!due) co_return std::unexpected(due.error());
  auto result = co_await checked(who, input, *due, std::nullopt);
  if (!result) co_return std::unexpected(result.error());

  const base::PostId id = base::PostId::make();
  auto tx = co_await database_.begin();
  const Standing standing =
      co_await read_standing(*tx, database_.dialect(), who.workspace, who.user);
  NewPost post{.id = id,
               .workspace = who.workspace,
               .author = who.user,
               .zone_of_workspace = who.time_zone,
               .input = std::move(input),
               .due = *due};
  auto times = co_await write_post(*tx, slots_, std::move(post), *result, standing, clock_.now());
  if (!times) co_return std::unexpected(times.error());
  if (alongside) {
    auto written = co_await alongside(*tx, id, times->due_at);
    if (!written) co_return std::unexpected(written.error());
  }
  co_await tx->commit();
  co_return co_await finish(who.workspace, id, result->warnings());
}

io::Task<base::Result<Post>> Posts::locked(db::Session& session, base::WorkspaceId workspace,
                                           base::PostId id, Version version) {
  auto post = co_await read_post(session, workspace, id, for_update(database_.dialect()));
  if (!post) co_return base::not_found("There is no such post.");
  if (version && *version != post->version) co_return base::fail(too_long_ago());
  co_return std::move(*post);
}

// The heart of every edit: content and time to what they are to be, in one transaction.
io::Task<base::Result<Post>> Posts::rewrite(Who who, base::PostId id, PostInput input, Mode mode,
                                            Version version) {
  auto due = resolve(input.when, who.time_zone, clock_.now());
  if (!due) co_return std::unexpected(due.error());
  auto result = co_await checked(who, input, *due, id);
  if (!result) co_return std::unexpected(result.error());

  const base::Instant now = clock_.now();
  auto tx = co_await database_.begin();
  const Standing standing =
      co_await read_standing(*tx, database_.dialect(), who.workspace, who.user);
  auto post = co_await locked(*tx, who.workspace, id, version);
  if (!post) co_return std::unexpected(post.error());
  auto refusal =
      mode == Mode::replace ? refuse_replacing(post->targets) : refuse_moving(post->targets);
  if (refusal) co_return base::conflict(*refusal);

  const auto approved_by =
      mode == Mode::move ? approval_after_move(*post, who, standing) : std::nullopt;
  const TargetState state = state_after(input.when, standing, approved_by.has_value());
  co_await Slots::release(*tx, id);
  auto times = co_await find_times(*tx, slots_, who.time_zone, id, input, *due);
  if (!times) co_return std::unexpected(times.error());
  PostRow row{.id = id,
              .workspace = who.workspace,
              .author = who.user,
              .input = input,
              .due_at = times->due_at,
              .time_zone = times->time_zone,
              .approved_by = approved_by,
              .occurrence = post->occurrence};
  if (row.occurrence) row.occurrence->apart = true;
  if (!co_await update_post(*tx, row, post->version, now)) co_return base::fail(too_long_ago());
  co_await link_media(*tx, id, media_of(input.parts, input.variants), now);

  std::vector<base::TargetId> keep;
  if (mode == Mode::move) {
    keep = ids_of(post->targets, [](TargetState each) {
      return !may_cancel(each) && each != TargetState::missed;
    });
  }
  auto plan = plan_targets(input, *result, times->by_account, state);
  auto ids = co_await write_targets(*tx, id, who.workspace, plan, post->targets, keep,
                                    input.too_late, now);
  const std::string what = mode == Mode::move ? "" : "Text and accounts were changed. ";
  co_await append_timeline(
      *tx, now,
      entries_for(id, ids, mode == Mode::move ? "moved" : "edited", standing.actor,
                  what + describe(state, times->due_at, times->time_zone)));
  co_await tx->commit();
  co_return co_await finish(who.workspace, id, result->warnings());
}

io::Task<base::Result<Post>> Posts::replace(Who who, base::PostId id, PostInput input,
                                            Version version) {
  co_return co_await rewrite(who, id, std::move(input), Mode::replace, version);
}

io::Task<base::Result<Post>> Posts::change(Who who, base::PostId id, PostChange change,
                                           Version version) {
  auto post = co_await get(who.workspace, id);
  if (!post) co_return std::unexpected(post.error());
  if (version && *version != post->version) co_return base::fail(too_long_ago());
  if (!change.when) {
    CHECK(change.too_late.has_value());
    co_return co_await change_policy(who, id, *change.too_late, post->version);
  }
  PostInput input = input_of(*post);
  input.when = *change.when;
  if (change.too_late) input.too_late = *change.too_late;
  co_return co_await rewrite(who, id, std::move(input), Mode::move, post->version);
}

io::Task<base::Result<Post>> Posts::change_policy(Who who, base::PostId id, TooLate too_late,
                                                  Version version) {
  auto tx = co_await database_.begin();
  auto post = co_await locked(*tx, who.workspace, id, version);
  if (!post) co_return std::unexpected(post.error());
  if (auto refusal = refuse_moving(post->targets)) co_return base::conflict(*refusal);
  if (!co_await touch_post(*tx, id, post->version, clock_.now())) {
    co_return base::fail(too_long_ago());
  }
  const db::Params params{id, to_string(too_late.policy), too_late.after.count()};
  co_await tx->execute(
      "UPDATE posts SET too_late = $2, too_late_after = $3, apart = CASE WHEN series_id IS NULL"
      " THEN 0 ELSE 1 END WHERE id = $1",
      params);
  co_await tx->execute("UPDATE targets SET too_late = $2, too_late_after = $3 WHERE post_id = $1",
                       params);
  co_await tx->commit();
  co_return co_await finish(who.workspace, id);
}

io::Task<base::Result<Post>> Posts::publish_now(Who who, base::PostId id, Version version) {
  PostChange now{.when = When{.type = WhenType::now}, .too_late = std::nullopt};
  co_return co_await change(who, id, now, version);
}

// Takes the targets that wait in one way to another way of waiting, or to nothing.
io::Task<base::Result<Post>> Posts::change_waiting(Who who, base::PostId id, Version version,
                                                   Verdict verdict) {
  const base::Instant now = clock_.now();
  const TargetState to = verdict.to;
  auto tx = co_await database_.begin();
  const Standing standing =
      co_await read_standing(*tx, database_.dialect(), who.workspace, who.user);
  auto post = co_await locked(*tx, who.workspace, id, version);
  if (!post) co_return std::unexpected(post.error());
  auto concerned = ids_of(post->targets, [to](TargetState each) {
    return to == TargetState::cancelled ? may_cancel(each) : each == TargetState::awaiting_approval;
  });
  if (concerned.empty()) {
    co_return base::conflict(to == TargetState::cancelled
                                 ? "Nothing of this post can be cancelled any more."
                                 : "This post does not wait for approval.");
  }
  if (to == TargetState::scheduled) {
    auto refusal = refuse_approval(standing, who.user, post->author_id, post->changed_by);
    if (refusal) co_return base::fail(*refusal);
    co_await tx->execute("UPDATE posts SET approved_by = $2 WHERE id = $1", {id, who.user});
  }
  for (const base::TargetId& target : concerned) {
    co_await tx->execute(
        "UPDATE targets SET state = $2, state_reason = $3, ready_at = NULL, retry_at = NULL,"
        " fence = fence + 1, updated_at = $4 WHERE id = $1",
        {target, to_string(to), verdict.reason, now});
  }
  if (to == TargetState::scheduled) {
    co_await tx->execute("UPDATE targets SET ready_at = " + ready_at_sql() +
                             " WHERE post_id = $1 AND state = 'scheduled'",
                         {id});
  } else {
    co_await Slots::release(*tx, id);
  }
  if (!co_await touch_post(*tx, id, post->version, now)) co_return base::fail(too_long_ago());
  co_await append_timeline(
      *tx, now, entries_for(id, concerned, verdict.event, standing.actor, verdict.message));
  if (to != TargetState::cancelled) {
    co_await accounts::append_audit(*tx, now,
                                    accounts::audited(who, "post." + verdict.event,
                                                      {.type = "post",
                                                       .id = id.value,
                                                       .name = name_for_people(*post),
                                                       .before = "waiting for approval",
                                                       .after = verdict.message}));
  }
  co_await tx->commit();
  co_return co_await finish(who.workspace, id);
}

io::Task<base::Result<Post>> Posts::cancel(Who who, base::PostId id, Version version) {
  co_return co_await change_waiting(who, id, version,
                                    {.to = TargetState::cancelled,
                                     .reason = "Cancelled.",
                                     .event = "cancelled",
                                     .message = "Called off before it was sent."});
}

io::Task<base::Result<Post>> Posts::approve(Who who, base::PostId id, Version version) {
  co_return co_await change_waiting(
      who, id, version,
      {.to = TargetState::scheduled, .reason = "", .event = "approved", .message = "Approved."});
}

io::Task<base::Result<Post>> Posts::reject(Who who, base::PostId id, std::string reason,
                                           Version version) {
  co_return co_await change_waiting(who, id, version,
                                    {.to = TargetState::draft,
                                     .reason = "Sent back: " + reason,
                                     .event = "sent_back",
                                     .message = "Sent back to draft: " + reason});
}

io::Task<> Posts::hold_unapproved(db::Session& session, base::WorkspaceId workspace) {
  const base::Instant now = clock_.now();
  auto rows = co_await session.execute(
      "UPDATE targets SET state = 'awaiting_approval', state_reason = '', ready_at = NULL,"
      " retry_at = NULL, fence = fence + 1, updated_at = $2 WHERE workspace_id = $1 AND state IN"
      " ('scheduled', 'paused') AND post_id IN (SELECT id FROM posts WHERE workspace_id = $1 AND"
      " approved_by IS NULL) RETURNING id, post_id",
      {workspace, now});
  std::vector<NewEntry> entries;
  for (const db::Row& row : rows) {
    entries.push_back({.post = row["post_id"].id<base::PostId>(),
                       .target = row["id"].id<base::TargetId>(),
                       .event = "approval_needed",
                       .actor = "system",
                       .message = "The workspace requires approval from now on: somebody must "
                                  "approve this first."});
  }
  co_await append_timeline(session, now, std::move(entries));
}

io::Task<base::Result<void>> Posts::remove(Who who, base::PostId id, Version version) {
  auto tx = co_await database_.begin();
  auto post = co_await locked(*tx, who.workspace, id, version);
  if (!post) co_return std::unexpected(post.error());
  if (auto refusal = refuse_removing(post->targets)) co_return base::conflict(*refusal);
  co_await link_media(*tx, id, {}, clock_.now());
  co_await tx->execute("DELETE FROM posts WHERE id = $1", {id});
  co_await tx->commit();
  tell(who.workspace, id, std::nullopt);
  co_return base::Result<void>{};
}

io::Task<> Posts::cancel_for_account(db::Session& session, base::AccountId account) {
  const base::Instant now = clock_.now();
  const std::string reason = "The account was disconnected.";
  auto rows = co_await session.execute(
      fmt::format("UPDATE targets SET state = 'cancelled', state_reason = $2, ready_at = NULL,"
                  " retry_at = NULL, fence = fence + 1, updated_at = $3 WHERE account_id = $1"
                  " AND state IN ({}) AND state <> 'draft' RETURNING id, post_id",
                  sql_list(may_cancel)),
      {account, reason, now});
  std::vector<NewEntry> entries;
  for (const db::Row& row : rows) {
    entries.push_back({.post = row["post_id"].id<base::PostId>(),
                       .target = row["id"].id<base::TargetId>(),
                       .event = "cancelled",
                       .actor = "system",
                       .message = reason});
  }
  co_await append_timeline(session, now, std::move(entries));
  co_await session.execute("DELETE FROM slots WHERE account_id = $1", {account});
}

io::Task<base::Result<Post>> Posts::get(base::WorkspaceId workspace, base::PostId id) {
  auto post = co_await read_post(database_, workspace, id);
  if (!post) co_return base::not_found("There is no such post.");
  co_return std::move(*post);
}

io::Task<base::Result<PostPage>> Posts::list(base::WorkspaceId workspace, PostFilter filter) {
  co_return co_await read_posts(database_, workspace, std::move(filter));
}

io::Task<base::Result<std::vector<TimelineEntry>>> Posts::timeline(base::WorkspaceId workspace,
                                                                   base::PostId id) {
  auto rows = co_await database_.execute("SELECT 1 FROM posts WHERE id = $1 AND workspace_id = $2",
                                         {id, workspace});
  if (rows.empty()) co_return base::not_found("There is no such post.");
  co_return co_await read_timeline(database_, id);
}

io::Task<base::Result<Post>> Posts::finish(base::WorkspaceId workspace, base::PostId id,
                                           std::vector<Warning> warnings) {
  auto post = co_await get(workspace, id);
  if (!post) co_return post;
  post->warnings = std::move(warnings);
  tell(workspace, id, post->due_at);
  co_return post;
}

void Posts::tell(base::WorkspaceId workspace, base::PostId id,
                 std::optional<base::Instant> due_at) {
  if (signals_.changed) signals_.changed(workspace, {{"type", "post"}, {"id", id.value}});
  constexpr std::chrono::seconds soon{30};
  if (due_at && *due_at < clock_.now() + soon && signals_.due_soon) signals_.due_soon();
}

}  // namespace posts
