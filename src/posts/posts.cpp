#include "posts/posts.h"

#include "base/check.h"
#include "base/text.h"
#include "posts/plan.h"
#include "posts/timeline.h"
#include "posts/when.h"

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

std::vector<NewEntry> entries_for(const base::PostId& post, const std::vector<base::TargetId>& ids,
                                  std::string_view event, std::string_view actor,
                                  std::string_view message) {
  std::vector<NewEntry> entries;
  for (const base::TargetId& id : ids) {
    entries.push_back({.post = post,
                       .target = id,
                       .event = std::string(event),
                       .actor = std::string(actor),
                       .message = std::string(message)});
  }
  return entries;
}

std::string describe(TargetState state, std::optional<base::Instant> due, std::string_view zone) {
  if (state == TargetState::draft || !due) return "Kept as a draft.";
  std::string wall = base::to_wall_time(*due, zone);
  wall[10] = ' ';
  const std::string time = fmt::format("{} ({})", wall.substr(0, 16), zone);
  if (state == TargetState::awaiting_approval) {
    return "To go out on " + time + " once somebody has approved it.";
  }
  return "Scheduled for " + time + ".";
}

PostInput input_of(const Post& post) {
  return {.parts = post.parts,
          .language = post.language,
          .variants = post.variants,
          .when = {},
          .too_late = post.too_late,
          .trend = post.trend};
}

bool was_approved(const std::vector<Target>& targets) {
  return std::any_of(targets.begin(), targets.end(), [](const Target& each) {
    return each.state == TargetState::scheduled || each.state == TargetState::paused ||
           each.state == TargetState::missed;
  });
}

}  // namespace

Posts::Posts(db::Database& database, const base::Clock& clock, Checks& checks, Slots& slots,
             Signals signals)
    : database_(database),
      clock_(clock),
      checks_(checks),
      slots_(slots),
      signals_(std::move(signals)) {}

io::Task<Posts::Setting> Posts::setting(db::Session& session, Who who) {
  auto rows = co_await session.execute(
      "SELECT approval_required, (SELECT name FROM users WHERE users.id = $2) AS name"
      " FROM workspaces WHERE workspaces.id = $1",
      {who.workspace, who.user});
  if (rows.empty()) co_return Setting{.approval_required = false, .actor = "somebody"};
  const std::string& name = rows[0]["name"].text();
  co_return Setting{.approval_required = rows[0]["approval_required"].boolean(),
                    .actor = name.empty() ? "somebody" : name};
}

io::Task<base::Result<Checked>> Posts::checked(Who who, const PostInput& input,
                                               std::optional<base::Instant> due,
                                               std::optional<base::PostId> self) {
  Checked checked = co_await checks_.check(who.workspace, input, due, self);
  // A draft may still be too long; what it names must exist.
  const bool draft = input.when.type == WhenType::draft;
  auto errors = draft ? checked.structural_errors() : checked.errors();
  if (!errors.empty()) co_return base::invalid(std::move(errors));
  co_return checked;
}

io::Task<base::Result<Validation>> Posts::validate(Who who, PostInput input) {
  auto due = resolve(input.when, who.time_zone, clock_.now());
  if (!due) co_return std::unexpected(due.error());
  Validation result{.due_at = *due, .checked = {}};
  result.checked =
      co_await checks_.check(who.workspace, input, due->value_or(clock_.now()), std::nullopt);
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

io::Task<base::Result<Posts::Schedule>> Posts::schedule(db::Session& session, Who who,
                                                        base::PostId post, const PostInput& input,
                                                        std::optional<base::Instant> due) {
  Schedule result;
  result.time_zone = input.when.time_zone.empty() ? who.time_zone : input.when.time_zone;
  if (!base::is_time_zone(result.time_zone)) result.time_zone = "UTC";
  for (const Variant& variant : input.variants) {
    std::optional<base::Instant> at = due;
    if (input.when.type == WhenType::next_slot) {
      auto slot = co_await slots_.take(session, variant.account, post);
      if (!slot) co_return std::unexpected(slot.error());
      at = slot->at;
      if (input.when.time_zone.empty()) result.time_zone = slot->time_zone;
    }
    if (!at) continue;
    result.by_account[variant.account] = *at;
    result.due_at = result.due_at ? std::min(*result.due_at, *at) : *at;
  }
  co_return result;
}

io::Task<base::Result<Post>> Posts::create(Who who, PostInput input) {
  auto due = resolve(input.when, who.time_zone, clock_.now());
  if (!due) co_return std::unexpected(due.error());
  auto result = co_await checked(who, input, *due, std::nullopt);
  if (!result) co_return std::unexpected(result.error());

  const base::PostId id = base::PostId::make();
  const base::Instant now = clock_.now();
  auto tx = co_await database_.begin();
  const Setting setting = co_await this->setting(*tx, who);
  PostRow row{.id = id,
              .workspace = who.workspace,
              .author = who.user,
              .input = input,
              .due_at = *due,
              .time_zone = who.time_zone};
  co_await insert_post(*tx, row, now);
  auto times = co_await schedule(*tx, who, id, input, *due);
  if (!times) co_return std::unexpected(times.error());
  co_await tx->execute("UPDATE posts SET due_at = $2, time_zone = $3 WHERE id = $1",
                       {id, times->due_at, times->time_zone});
  co_await link_media(*tx, id, media_of(input.parts, input.variants), now);
  const TargetState state = input.when.type == WhenType::draft ? TargetState::draft
                            : setting.approval_required        ? TargetState::awaiting_approval
                                                               : TargetState::scheduled;
  auto plan = plan_targets(input, *result, times->by_account, state);
  auto ids = co_await write_targets(*tx, id, who.workspace, plan, {}, {}, input.too_late, now);
  co_await append_timeline(
      *tx, now,
      entries_for(id, ids, "created", setting.actor,
                  "Written. " + describe(state, times->due_at, times->time_zone)));
  co_await tx->commit();
  tell(who.workspace, id, times->due_at);
  co_return co_await get(who.workspace, id);
}

io::Task<base::Result<Post>> Posts::locked(db::Session& session, base::WorkspaceId workspace,
                                           base::PostId id, Version version) {
  auto post = co_await read_post(session, workspace, id, for_update(database_.dialect()));
  if (!post) co_return base::not_found("There is no such post.");
  if (version && *version != post->version) co_return base::fail(too_long_ago());
  co_return std::move(*post);
}

// The heart of every edit: content and time to what they are to be, in one transaction.
io::Task<base::Result<void>> Posts::rewrite(Who who, base::PostId id, PostInput input, Mode mode,
                                            Version version) {
  auto due = resolve(input.when, who.time_zone, clock_.now());
  if (!due) co_return std::unexpected(due.error());
  auto result = co_await checked(who, input, *due, id);
  if (!result) co_return std::unexpected(result.error());

  const base::Instant now = clock_.now();
  auto tx = co_await database_.begin();
  auto post = co_await locked(*tx, who.workspace, id, version);
  if (!post) co_return std::unexpected(post.error());
  auto refusal =
      mode == Mode::replace ? refuse_replacing(post->targets) : refuse_moving(post->targets);
  if (refusal) co_return base::conflict(*refusal);

  const Setting setting = co_await this->setting(*tx, who);
  const bool approved =
      mode == Mode::move && who.role >= accounts::Role::admin && was_approved(post->targets);
  const TargetState state = input.when.type == WhenType::draft ? TargetState::draft
                            : setting.approval_required && !approved
                                ? TargetState::awaiting_approval
                                : TargetState::scheduled;
  co_await Slots::release(*tx, id);
  auto times = co_await schedule(*tx, who, id, input, *due);
  if (!times) co_return std::unexpected(times.error());
  PostRow row{.id = id,
              .workspace = who.workspace,
              .author = who.user,
              .input = input,
              .due_at = times->due_at,
              .time_zone = times->time_zone};
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
      entries_for(id, ids, mode == Mode::move ? "moved" : "edited", setting.actor,
                  what + describe(state, times->due_at, times->time_zone)));
  co_await tx->commit();
  tell(who.workspace, id, times->due_at);
  co_return base::Result<void>{};
}

io::Task<base::Result<Post>> Posts::replace(Who who, base::PostId id, PostInput input,
                                            Version version) {
  auto done = co_await rewrite(who, id, std::move(input), Mode::replace, version);
  if (!done) co_return std::unexpected(done.error());
  co_return co_await get(who.workspace, id);
}

io::Task<base::Result<Post>> Posts::change(Who who, base::PostId id, PostChange change,
                                           Version version) {
  auto post = co_await get(who.workspace, id);
  if (!post) co_return std::unexpected(post.error());
  if (version && *version != post->version) co_return base::fail(too_long_ago());
  if (change.when) {
    PostInput input = input_of(*post);
    input.when = *change.when;
    if (change.too_late) input.too_late = *change.too_late;
    auto done = co_await rewrite(who, id, std::move(input), Mode::move, post->version);
    if (!done) co_return std::unexpected(done.error());
    co_return co_await get(who.workspace, id);
  }
  CHECK(change.too_late.has_value());
  auto tx = co_await database_.begin();
  if (!co_await touch_post(*tx, id, post->version, clock_.now())) {
    co_return base::fail(too_long_ago());
  }
  const db::Params params{id, to_string(change.too_late->policy), change.too_late->after.count()};
  co_await tx->execute("UPDATE posts SET too_late = $2, too_late_after = $3 WHERE id = $1", params);
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
                                                   TargetState to, std::string reason,
                                                   std::string event, std::string message) {
  const base::Instant now = clock_.now();
  auto tx = co_await database_.begin();
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
  const Setting setting = co_await this->setting(*tx, who);
  for (const base::TargetId& target : concerned) {
    co_await tx->execute(
        "UPDATE targets SET state = $2, state_reason = $3, ready_at = NULL, retry_at = NULL,"
        " fence = fence + 1, updated_at = $4 WHERE id = $1",
        {target, to_string(to), reason, now});
  }
  if (to == TargetState::scheduled) {
    co_await tx->execute("UPDATE targets SET ready_at = " + ready_at_sql() +
                             " WHERE post_id = $1 AND state = 'scheduled'",
                         {id});
  } else {
    co_await Slots::release(*tx, id);
  }
  if (!co_await touch_post(*tx, id, post->version, now)) co_return base::fail(too_long_ago());
  co_await append_timeline(*tx, now, entries_for(id, concerned, event, setting.actor, message));
  co_await tx->commit();
  co_return co_await finish(who.workspace, id);
}

io::Task<base::Result<Post>> Posts::cancel(Who who, base::PostId id, Version version) {
  co_return co_await change_waiting(who, id, version, TargetState::cancelled, "Cancelled.",
                                    "cancelled", "Called off before it was sent.");
}

io::Task<base::Result<Post>> Posts::approve(Who who, base::PostId id, Version version) {
  co_return co_await change_waiting(who, id, version, TargetState::scheduled, "", "approved",
                                    "Approved.");
}

io::Task<base::Result<Post>> Posts::reject(Who who, base::PostId id, std::string reason,
                                           Version version) {
  co_return co_await change_waiting(who, id, version, TargetState::draft, "Sent back: " + reason,
                                    "sent_back", "Sent back to draft: " + reason);
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

io::Task<base::Result<Post>> Posts::finish(base::WorkspaceId workspace, base::PostId id) {
  auto post = co_await get(workspace, id);
  if (post) tell(workspace, id, post->due_at);
  co_return post;
}

void Posts::tell(base::WorkspaceId workspace, base::PostId id,
                 std::optional<base::Instant> due_at) {
  if (signals_.changed) signals_.changed(workspace, {{"type", "post"}, {"id", id.value}});
  constexpr std::chrono::seconds soon{30};
  if (due_at && *due_at < clock_.now() + soon && signals_.due_soon) signals_.due_soon();
}

}  // namespace posts
