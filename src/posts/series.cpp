#include "posts/series.h"

#include "accounts/audit.h"
#include "posts/plan.h"
#include "posts/used_media.h"

#include <algorithm>

#include <fmt/format.h>

namespace posts {

namespace {

base::Error changed_meanwhile() {
  return {.status = 412,
          .code = "version_mismatch",
          .message = "Somebody has changed this series in the meantime: load it again."};
}

std::string name_for_people(const SeriesRow& row) {
  std::string start = row.input.repeat.starts.substr(0, 16);
  start[10] = ' ';
  return fmt::format("series from {} ({}), {}", start, row.input.repeat.time_zone,
                     row.input.repeat.rrule);
}

accounts::AuditEntry entry_of(const accounts::Principal& who, std::string action,
                              const SeriesRow& row, std::string before, std::string after) {
  return accounts::audited(who, std::move(action),
                           {.type = "series",
                            .id = row.id,
                            .name = name_for_people(row),
                            .before = std::move(before),
                            .after = std::move(after)});
}

// What was just now counts as to come: clocks differ, pages are slow.
std::string settled_at(const SeriesRow& row, base::Instant now) {
  return base::to_wall_time(now - past_tolerance, row.input.repeat.time_zone);
}

base::Result<std::string> wall_or_now(const SeriesRow& row, std::string from, base::Instant now) {
  if (from.empty()) return base::to_wall_time(now, row.input.repeat.time_zone);
  if (from.size() == 16) from += ":00";
  if (from.size() != 19 || from[10] != 'T' || !base::from_wall_time(from, "UTC")) {
    return base::invalid("from", "is not a wall time such as 2026-11-23T09:00");
  }
  return from;
}

}  // namespace

Series::Series(db::Database& database, const base::Clock& clock, Checks& checks, Slots& slots,
               Signals signals)
    : database_(database),
      clock_(clock),
      checks_(checks),
      slots_(slots),
      signals_(std::move(signals)) {}

io::Task<base::Result<Checked>> Series::checked(base::WorkspaceId workspace,
                                                const SeriesInput& input) {
  Checked checked = co_await checks_.check(workspace, input.content, std::nullopt, std::nullopt);
  if (auto errors = checked.errors(); !errors.empty()) co_return base::invalid(std::move(errors));
  co_return checked;
}

io::Task<base::Result<SeriesRow>> Series::locked(db::Session& session, base::WorkspaceId workspace,
                                                 std::string id, Version version) {
  auto row = co_await read_series(session, workspace, id, for_update(database_.dialect()));
  if (!row) co_return base::not_found("There is no such series.");
  if (version && *version != row->version) co_return base::fail(changed_meanwhile());
  co_return std::move(*row);
}

io::Task<base::Result<SeriesRow>> Series::create(Who who, SeriesInput input) {
  const base::Instant now = clock_.now();
  auto rule = co_await check_rule(std::move(input.repeat), now);
  if (!rule) co_return std::unexpected(rule.error());
  input.repeat = std::move(*rule);
  auto result = co_await checked(who.workspace, input);
  if (!result) co_return std::unexpected(result.error());
  auto tx = co_await database_.begin();
  Hand hand{.row = {.id = base::make_uuid7(),
                    .workspace = who.workspace,
                    .author_id = who.user,
                    .changed_by = who.user,
                    .input = std::move(input),
                    .created_at = now},
            .checked = std::move(*result),
            .standing = co_await read_standing(*tx, database_.dialect(), who.workspace, who.user),
            .now = now};
  if (co_await count_active(*tx, who.workspace) >= series_per_workspace_max) {
    co_return base::conflict(
        fmt::format("A workspace has at most {} active series.", series_per_workspace_max));
  }
  hand.row.settled = settled_at(hand.row, now);
  if (occurrences(hand.row.input.repeat, hand.row.settled, 1).empty()) {
    co_return base::invalid("repeat.rrule", "has no occurrence that is still to come");
  }
  co_await insert_series(*tx, hand.row);
  co_await link_series_media(
      *tx, hand.row.id, media_of(hand.row.input.content.parts, hand.row.input.content.variants),
      now);
  if (auto done = co_await expand(*tx, hand); !done) co_return std::unexpected(done.error());
  co_await accounts::append_audit(*tx, now, entry_of(who, "series.made", hand.row, "", ""));
  co_await tx->commit();
  co_return co_await finish(who.workspace, hand.row.id);
}

io::Task<base::Result<SeriesRow>> Series::replace(Who who, std::string id, SeriesInput input,
                                                  std::string from, Version version) {
  const base::Instant now = clock_.now();
  auto rule = co_await check_rule(std::move(input.repeat), now);
  if (!rule) co_return std::unexpected(rule.error());
  input.repeat = std::move(*rule);
  auto result = co_await checked(who.workspace, input);
  if (!result) co_return std::unexpected(result.error());
  auto tx = co_await database_.begin();
  const Standing standing =
      co_await read_standing(*tx, database_.dialect(), who.workspace, who.user);
  auto before = co_await locked(*tx, who.workspace, id, version);
  if (!before) co_return std::unexpected(before.error());
  Hand hand{.row = *before, .checked = std::move(*result), .standing = standing, .now = now};
  SeriesRow& row = hand.row;
  if (!from.empty()) {
    auto wall = wall_or_now(row, from, now);
    if (!wall) co_return std::unexpected(wall.error());
    SeriesRow earlier = *before;
    earlier.stops = *wall;
    ++earlier.version;
    co_await save_series(*tx, earlier, now);
    row.id = base::make_uuid7();
    row.author_id = who.user;
    row.created_at = now;
    row.version = 0;
    co_await insert_series(*tx, row);
    co_await hand_over(*tx, before->id, row.id, *wall);
  }
  row.input = std::move(input);
  row.changed_by = who.user;
  row.approved_by.reset();
  row.state = SeriesState::active;
  row.stops.clear();
  row.problem.clear();
  row.settled = settled_at(row, now);
  ++row.version;
  co_await link_series_media(*tx, row.id,
                             media_of(row.input.content.parts, row.input.content.variants), now);
  if (auto done = co_await rewrite_posts(*tx, hand); !done) {
    co_return std::unexpected(done.error());
  }
  if (auto done = co_await expand(*tx, hand); !done) co_return std::unexpected(done.error());
  co_await accounts::append_audit(
      *tx, now,
      entry_of(who, "series.changed", row, name_for_people(*before), name_for_people(row)));
  co_await tx->commit();
  co_return co_await finish(who.workspace, row.id);
}

io::Task<base::Result<Series::Hand>> Series::taken_up(db::Session& session, Who who, std::string id,
                                                      Version version) {
  Hand hand{
      .standing = co_await read_standing(session, database_.dialect(), who.workspace, who.user),
      .now = clock_.now()};
  auto row = co_await locked(session, who.workspace, std::move(id), version);
  if (!row) co_return std::unexpected(row.error());
  hand.row = std::move(*row);
  co_return hand;
}

io::Task<base::Result<SeriesRow>> Series::stop(Who who, std::string id, std::string from,
                                               Version version) {
  auto tx = co_await database_.begin();
  auto taken = co_await taken_up(*tx, who, id, version);
  if (!taken) co_return std::unexpected(taken.error());
  Hand& hand = *taken;
  const base::Instant now = hand.now;
  auto wall = wall_or_now(hand.row, from, now);
  if (!wall) co_return std::unexpected(wall.error());
  if (hand.row.state != SeriesState::active)
    co_return base::conflict("This series is over already.");
  hand.row.stops = *wall;
  if (*wall <= base::to_wall_time(now, hand.row.input.repeat.time_zone)) {
    hand.row.state = SeriesState::stopped;
    hand.row.expand_at.reset();
  }
  ++hand.row.version;
  co_await save_series(*tx, hand.row, now);
  co_await call_off(*tx, hand, *wall, "The series was stopped.");
  co_await accounts::append_audit(*tx, now, entry_of(who, "series.stopped", hand.row, "", *wall));
  co_await tx->commit();
  co_return co_await finish(who.workspace, id);
}

io::Task<base::Result<SeriesRow>> Series::approve(Who who, std::string id, Version version) {
  const base::Instant now = clock_.now();
  auto tx = co_await database_.begin();
  const Standing standing =
      co_await read_standing(*tx, database_.dialect(), who.workspace, who.user);
  auto row = co_await locked(*tx, who.workspace, id, version);
  if (!row) co_return std::unexpected(row.error());
  if (row->approved_by) co_return base::conflict("This series is approved already.");
  if (row->state != SeriesState::active) co_return base::conflict("This series is over.");
  if (auto no = refuse_approval(standing, who.user, row->author_id, row->changed_by)) {
    co_return base::fail(*no);
  }
  row->approved_by = who.user;
  ++row->version;
  co_await save_series(*tx, *row, now);
  for (const base::PostId& post : co_await waiting_posts(*tx, id, "")) {
    auto rows = co_await tx->execute(
        "UPDATE targets SET state = 'scheduled', fence = fence + 1, updated_at = $2"
        " WHERE post_id = $1 AND state = 'awaiting_approval' RETURNING id",
        {post, now});
    co_await tx->execute(
        "UPDATE posts SET approved_by = $2, version = version + 1, updated_at = $3 WHERE id = $1",
        {post, who.user, now});
    co_await tx->execute("UPDATE targets SET ready_at = " + ready_at_sql() +
                             " WHERE post_id = $1 AND state = 'scheduled' AND ready_at IS NULL",
                         {post});
    std::vector<base::TargetId> targets;
    for (const db::Row& each : rows) targets.push_back(each[0].id<base::TargetId>());
    co_await append_timeline(
        *tx, now,
        entries_for(post, targets, "approved", standing.actor, "Approved, with the whole series."));
  }
  co_await accounts::append_audit(
      *tx, now, entry_of(who, "series.approved", *row, "waiting for approval", "approved"));
  co_await tx->commit();
  co_return co_await finish(who.workspace, id);
}

io::Task<base::Result<SeriesRow>> Series::reject(Who who, std::string id, std::string reason,
                                                 Version version) {
  auto tx = co_await database_.begin();
  auto taken = co_await taken_up(*tx, who, id, version);
  if (!taken) co_return std::unexpected(taken.error());
  Hand& hand = *taken;
  const base::Instant now = hand.now;
  if (hand.row.state != SeriesState::active || hand.row.approved_by) {
    co_return base::conflict("This series does not wait for approval.");
  }
  hand.row.state = SeriesState::stopped;
  hand.row.problem = "Sent back: " + reason;
  hand.row.expand_at.reset();
  ++hand.row.version;
  co_await save_series(*tx, hand.row, now);
  co_await call_off(*tx, hand, "", hand.row.problem);
  co_await accounts::append_audit(
      *tx, now,
      entry_of(who, "series.sent_back", hand.row, "waiting for approval", hand.row.problem));
  co_await tx->commit();
  co_return co_await finish(who.workspace, id);
}

io::Task<base::Result<void>> Series::remove(Who who, std::string id, Version version) {
  auto tx = co_await database_.begin();
  auto row = co_await locked(*tx, who.workspace, id, version);
  if (!row) co_return std::unexpected(row.error());
  if (row->state == SeriesState::active) {
    co_return base::conflict("This series is still going on: stop it first.");
  }
  co_await link_series_media(*tx, id, {}, clock_.now());
  co_await tx->execute("UPDATE posts SET series_id = NULL, apart = 0 WHERE series_id = $1", {id});
  co_await tx->execute("DELETE FROM series WHERE id = $1", {id});
  co_await accounts::append_audit(*tx, clock_.now(), entry_of(who, "series.deleted", *row, "", ""));
  co_await tx->commit();
  co_return base::Result<void>{};
}

io::Task<> Series::call_off(db::Session& session, const Hand& hand, std::string from,
                            std::string message) {
  for (const base::PostId& post : co_await waiting_posts(session, hand.row.id, from)) {
    auto rows = co_await session.execute(
        fmt::format("UPDATE targets SET state = 'cancelled', state_reason = $2, ready_at = NULL,"
                    " retry_at = NULL, fence = fence + 1, updated_at = $3 WHERE post_id = $1 AND"
                    " state IN ({}) RETURNING id",
                    sql_list(may_cancel)),
        {post, message, hand.now});
    std::vector<base::TargetId> targets;
    for (const db::Row& row : rows) targets.push_back(row[0].id<base::TargetId>());
    co_await session.execute(
        "UPDATE posts SET version = version + 1, updated_at = $2 WHERE id = $1", {post, hand.now});
    co_await append_timeline(session, hand.now,
                             entries_for(post, targets, "cancelled", hand.standing.actor, message));
  }
}

io::Task<base::Result<SeriesRow>> Series::get(base::WorkspaceId workspace, std::string id) {
  auto row = co_await read_series(database_, workspace, id);
  if (!row) co_return base::not_found("There is no such series.");
  co_return std::move(*row);
}

io::Task<std::vector<SeriesRow>> Series::list(base::WorkspaceId workspace, SeriesFilter filter) {
  co_return co_await list_series(database_, workspace, std::move(filter));
}

io::Task<base::Result<SeriesRow>> Series::finish(base::WorkspaceId workspace, std::string id) {
  if (signals_.changed) signals_.changed(workspace, {{"type", "series"}, {"id", id}});
  if (signals_.due_soon) signals_.due_soon();
  co_return co_await get(workspace, id);
}

}  // namespace posts
