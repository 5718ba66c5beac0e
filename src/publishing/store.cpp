#include "publishing/store.h"

#include "base/check.h"
#include "base/json.h"
#include "posts/timeline.h"
#include "publishing/changes_sql.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

namespace publishing {

namespace {

constexpr std::string_view columns =
    "id, post_id, workspace_id, account_id, account_handle, network, part, whole, previous_id,"
    " state, due_at, ready_at, too_late, too_late_after, publish_key, key_created_at, fence,"
    " claimed_at, lease_until, attempt_id, attempt_count, retry_count, lookup_count, "
    "uncertain_count, sent_at,"
    " progress, waiting_since";

template <class Id>
std::optional<Id> optional_id(const db::Value& value) {
  if (value.is_null()) return std::nullopt;
  return value.id<Id>();
}

int number(const db::Value& value) { return static_cast<int>(value.integer()); }

posts::TooLate too_late_of(const db::Row& row) {
  const std::string& policy = row["too_late"].text();
  return {.policy = policy == "ask"    ? posts::TooLatePolicy::ask
                    : policy == "drop" ? posts::TooLatePolicy::drop
                                       : posts::TooLatePolicy::publish,
          .after = std::chrono::seconds{row["too_late_after"].integer()}};
}

Work work_of(const db::Row& row) {
  const base::Instant due = row["due_at"].instant();
  return {
      .id = row["id"].id<base::TargetId>(),
      .post = row["post_id"].id<base::PostId>(),
      .workspace = row["workspace_id"].id<base::WorkspaceId>(),
      .account = row["account_id"].id<base::AccountId>(),
      .handle = row["account_handle"].text(),
      .network = row["network"].text(),
      .part = number(row["part"]),
      .whole = row["whole"].boolean(),
      .previous = optional_id<base::TargetId>(row["previous_id"]),
      .state = posts::stored_target_state(row["state"].text()),
      .due_at = due,
      .ready_at = row["ready_at"].optional_instant().value_or(due),
      .too_late = too_late_of(row),
      .key = row["publish_key"].text(),
      .key_created_at = row["key_created_at"].optional_instant(),
      .fence = row["fence"].integer(),
      .claimed_at = row["claimed_at"].optional_instant(),
      .lease_until = row["lease_until"].optional_instant(),
      .attempt = optional_id<base::AttemptId>(row["attempt_id"]),
      .attempt_count = number(row["attempt_count"]),
      .retry_count = number(row["retry_count"]),
      .lookup_count = number(row["lookup_count"]),
      .unclear_count = number(row["uncertain_count"]),
      .sent_at = row["sent_at"].optional_instant(),
      .progress = row["progress"].text(),
      .waiting_since = row["waiting_since"].optional_instant(),
  };
}

std::vector<Work> works_of(const db::Rows& rows) {
  std::vector<Work> works;
  for (const db::Row& row : rows) works.push_back(work_of(row));
  // RETURNING promises no order.
  std::sort(works.begin(), works.end(), [](const Work& a, const Work& b) {
    return std::tie(a.ready_at, a.due_at, a.id) < std::tie(b.ready_at, b.due_at, b.id);
  });
  return works;
}

std::optional<base::Instant> first_instant(const db::Rows& rows) {
  return rows.empty() ? std::nullopt : rows[0][0].optional_instant();
}

// What it tells; and the claim that it ends, which nothing but the row has told so far.
std::vector<posts::NewEntry> entries_of(const Change& change) {
  const Work& work = change.work;
  std::vector<posts::NewEntry> entries;
  if (work.state == TargetState::claimed && work.claimed_at) {
    entries.push_back(posts::claimed_entry(work.post, work.id, *work.claimed_at));
  }
  entries.push_back({.post = work.post,
                     .target = work.id,
                     .event = change.next.event,
                     .actor = change.actor,
                     .message = change.next.message,
                     .details = change.details});
  return entries;
}

}  // namespace

std::string_view skip_locked_targets(const db::Database& database) {
  return database.dialect() == db::Dialect::postgres ? " FOR UPDATE OF targets SKIP LOCKED" : "";
}

Store::Store(db::Database& database, const base::Clock& clock, std::string owner)
    : database_(database), clock_(clock), owner_(std::move(owner)) {}

io::Task<std::optional<base::Instant>> Store::next_ready() {
  co_return first_instant(co_await database_.execute("SELECT MIN(at) FROM queue_scheduled"));
}

io::Task<std::optional<base::Instant>> Store::next_lookup() {
  co_return first_instant(co_await database_.execute("SELECT MIN(at) FROM queue_unknown"));
}

io::Task<std::vector<Work>> Store::claim(base::Instant until, base::Instant lease_until,
                                         std::size_t limit) {
  const base::Instant now = clock_.now();
  auto rows = co_await database_.execute(
      fmt::format("WITH picked AS MATERIALIZED (SELECT targets.id FROM queue_scheduled AS queue"
                  " JOIN targets ON targets.id = queue.target_id WHERE queue.at <= $1 AND"
                  " targets.state = 'scheduled' AND targets.ready_at <= $1"
                  " ORDER BY queue.at LIMIT {}{})"
                  " UPDATE targets SET state = 'claimed', lease_owner = $2, lease_until = $3,"
                  " claimed_at = $4,"
                  " fence = fence + 1, updated_at = $4 WHERE id IN (SELECT id FROM picked)"
                  " AND state = 'scheduled' RETURNING {}",
                  limit, skip_locked_targets(database_), columns),
      {until, owner_, lease_until, now});
  co_return works_of(rows);
}

io::Task<std::vector<Work>> Store::claim_lookups(base::Instant lease_until, std::size_t limit) {
  const base::Instant now = clock_.now();
  auto rows = co_await database_.execute(
      fmt::format("WITH picked AS MATERIALIZED (SELECT targets.id FROM queue_unknown AS queue"
                  " JOIN targets ON targets.id = queue.target_id WHERE queue.at <= $1 AND"
                  " targets.state = 'unknown' AND targets.ready_at <= $1"
                  " AND (lease_until IS NULL OR lease_until < $1)"
                  " ORDER BY queue.at LIMIT {}{})"
                  " UPDATE targets SET lease_owner = $2, lease_until = $3, fence = fence + 1"
                  " WHERE id IN (SELECT id FROM picked) AND state = 'unknown' RETURNING {}",
                  limit, skip_locked_targets(database_), columns),
      {now, owner_, lease_until});
  co_return works_of(rows);
}

io::Task<std::vector<bool>> Store::apply(std::vector<Change> changes) {
  Changes shared;
  for (Change& change : changes) shared.push_back(std::make_shared<Change>(std::move(change)));
  return apply(std::move(shared));
}

io::Task<std::vector<bool>> Store::apply(Changes changes) {
  std::vector<bool> made(changes.size(), false);
  if (changes.empty()) co_return made;
  const base::Instant now = clock_.now();
  auto tx = co_await database_.begin();
  ChangesSql statement = changes_sql(database_.dialect(), changes, owner_, now);
  auto rows = co_await tx->execute(std::move(statement.sql), std::move(statement.params));
  std::unordered_set<std::string> ids;
  for (const db::Row& row : rows) ids.insert(row[0].text());
  if (ids.empty()) co_return made;

  std::vector<posts::NewEntry> entries;
  Stories stories(changes.size());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    made[i] = ids.contains(changes[i]->work.id.value);
    if (!made[i]) continue;
    std::string& story = stories[i].emplace();
    for (posts::NewEntry& entry : entries_of(*changes[i])) {
      if (has_attempt(*changes[i])) {
        story += posts::story_line(entry, now);
      } else {
        entries.push_back(std::move(entry));
      }
    }
  }
  co_await write_attempts(*tx, changes, stories);
  co_await posts::append_timeline(*tx, now, std::move(entries), database_.dialect());
  co_await follow_threads(*tx, changes, made);
  co_await tx->commit();
  co_return made;
}

io::Task<> Store::write_attempts(db::Session& session, const Changes& changes,
                                 const Stories& stories) {
  const base::Instant now = clock_.now();
  const db::Dialect dialect = database_.dialect();
  for (ChangesSql statement : {attempts_sql(dialect, changes, stories, owner_, now),
                               outcomes_sql(dialect, changes, stories, now)}) {
    if (statement.sql.empty()) continue;
    co_await session.execute(std::move(statement.sql), std::move(statement.params));
  }
}

// What one part's fate means for the parts after it.
io::Task<> Store::follow_threads(db::Session& session, const Changes& changes,
                                 const std::vector<bool>& made) {
  const base::Instant now = clock_.now();
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Work& work = changes[i]->work;
    if (!made[i] || work.whole) continue;
    std::vector<posts::NewEntry> entries;
    if (changes[i]->next.state == TargetState::published) {
      auto rows = co_await session.execute(
          "UPDATE targets SET ready_at = CASE WHEN due_at > $2 THEN due_at ELSE $2 END,"
          " updated_at = $2 WHERE previous_id = $1 AND state = 'scheduled' RETURNING id",
          {work.id, now});
      const auto next = step(TargetState::scheduled, event::EarlierPartOut{}, Context{.now = now});
      CHECK(next.has_value());
      for (const db::Row& row : rows) {
        entries.push_back({.post = work.post,
                           .target = row[0].id<base::TargetId>(),
                           .event = next->event,
                           .actor = "system",
                           .message = next->message});
      }
    } else if (changes[i]->next.stops_thread) {
      const std::string out = work.part == 0 ? "Nothing of the thread is out."
                              : work.part == 1
                                  ? std::string("Only part 1 of the thread is out.")
                                  : fmt::format("Parts 1 to {} of the thread are out.", work.part);
      const std::string what =
          fmt::format("Not sent, because part {} did not go out. {}", work.part + 1, out);
      auto rows = co_await session.execute(
          fmt::format("UPDATE targets SET state = 'cancelled', state_reason = $4, ready_at = NULL,"
                      " retry_at = NULL, fence = fence + 1, updated_at = $5 WHERE post_id = $1 AND"
                      " account_id = $2 AND part > $3 AND state IN ({}) RETURNING id",
                      posts::sql_list(posts::may_cancel)),
          {work.post, work.account, work.part, what, now});
      for (const db::Row& row : rows) {
        entries.push_back({.post = work.post,
                           .target = row[0].id<base::TargetId>(),
                           .event = "thread_stopped",
                           .actor = "system",
                           .message = what});
      }
    }
    co_await posts::append_timeline(session, now, std::move(entries));
  }
}

io::Task<bool> Store::has_happened(Change change) {
  auto rows = co_await database_.execute(
      "SELECT state, fence, attempt_id FROM targets WHERE id = $1", {change.work.id});
  if (rows.empty()) co_return false;
  const bool same_attempt =
      !change.attempt || rows[0]["attempt_id"].text() == change.attempt->id.value;
  co_return same_attempt&& rows[0]["fence"].integer() ==
      change.work.fence&& posts::stored_target_state(rows[0]["state"].text()) == change.next.state;
}

io::Task<std::vector<Work>> Store::read(std::string where, db::Params params) {
  co_return works_of(co_await database_.execute(
      fmt::format("SELECT {} FROM targets WHERE {}", columns, where), std::move(params)));
}

io::Task<std::vector<Work>> Store::expired(base::Instant before, std::size_t limit) {
  co_return co_await read(
      fmt::format("id IN (SELECT target_id FROM queue_held WHERE at < $1) AND state IN ('claimed',"
                  " 'sending') AND lease_until < $1 ORDER BY lease_until LIMIT {}",
                  limit),
      {before});
}

io::Task<std::vector<PausedAccount>> Store::paused_accounts(base::AccountId after,
                                                            std::size_t limit) {
  auto rows = co_await database_.execute(
      fmt::format("SELECT account_id, MIN(targets.workspace_id) AS workspace_id FROM queue_paused"
                  " JOIN targets ON targets.id = queue_paused.target_id"
                  " LEFT JOIN accounts ON accounts.id = targets.account_id WHERE targets.state ="
                  " 'paused' AND account_id > $1 AND (accounts.id IS NULL OR accounts.state NOT IN"
                  " ('broken', 'paused')) GROUP BY account_id ORDER BY account_id LIMIT {}",
                  limit),
      {after});
  std::vector<PausedAccount> accounts;
  for (const db::Row& row : rows) {
    accounts.push_back({.workspace = row["workspace_id"].id<base::WorkspaceId>(),
                        .account = row["account_id"].id<base::AccountId>()});
  }
  co_return accounts;
}

io::Task<std::vector<Work>> Store::paused_targets(base::AccountId account, std::size_t limit) {
  co_return co_await read(
      fmt::format("id IN (SELECT target_id FROM queue_paused) AND state = 'paused' AND"
                  " account_id = $1 ORDER BY due_at LIMIT {}",
                  limit),
      {account});
}

io::Task<std::vector<Work>> Store::paused_too_late(base::Instant now, std::size_t limit) {
  co_return co_await read(
      fmt::format("id IN (SELECT target_id FROM queue_paused) AND state = 'paused' AND too_late <>"
                  " 'publish' AND due_at + too_late_after * 1000000 < $1 ORDER BY due_at LIMIT {}",
                  limit),
      {now});
}

io::Task<Backlog> Store::backlog(base::Instant now) {
  auto rows = co_await database_.execute(
      "SELECT (SELECT COUNT(*) FROM queue_scheduled WHERE at <= $1) AS waiting,"
      " (SELECT MIN(at) FROM queue_scheduled WHERE at <= $1) AS oldest,"
      " (SELECT COUNT(*) FROM queue_held JOIN targets ON targets.id = target_id"
      " WHERE state = 'claimed') AS claimed,"
      " (SELECT COUNT(*) FROM queue_held JOIN targets ON targets.id = target_id"
      " WHERE state = 'sending') AS sending, (SELECT COUNT(*) FROM queue_unknown) AS unknown,"
      " (SELECT COUNT(*) FROM queue_paused) AS paused,"
      " (SELECT COUNT(*) FROM queue_undecided) AS needs_decision",
      {now});
  const db::Row& row = rows[0];
  co_return Backlog{.waiting = row["waiting"].integer(),
                    .claimed = row["claimed"].integer(),
                    .sending = row["sending"].integer(),
                    .unknown = row["unknown"].integer(),
                    .paused = row["paused"].integer(),
                    .needs_decision = row["needs_decision"].integer(),
                    .oldest = row["oldest"].optional_instant()};
}

io::Task<std::optional<Work>> Store::find(base::WorkspaceId workspace, base::PostId post,
                                          base::TargetId target) {
  auto works =
      co_await read("id = $1 AND post_id = $2 AND workspace_id = $3 AND due_at IS NOT NULL",
                    {target, post, workspace});
  if (works.empty()) co_return std::nullopt;
  co_return works.front();
}

io::Task<> Store::note(Work work, std::string event, std::string message) {
  std::vector<posts::NewEntry> entries;
  entries.push_back({.post = work.post,
                     .target = work.id,
                     .event = std::move(event),
                     .actor = "worker",
                     .message = std::move(message)});
  co_await posts::append_timeline(database_, clock_.now(), std::move(entries));
}

}  // namespace publishing
