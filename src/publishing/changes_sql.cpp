#include "publishing/changes_sql.h"

#include "db/given.h"

#include <fmt/format.h>

namespace publishing {

namespace {

std::int64_t code(Transition::Count count) { return static_cast<std::int64_t>(count); }

bool gives_up_lease(const Change& change) { return !change.lease_until.has_value(); }

// Nothing follows, and nothing of the preparing is needed any more.
bool is_over(TargetState state) {
  return state == TargetState::published || state == TargetState::rejected ||
         state == TargetState::cancelled || state == TargetState::missed;
}

using db::Column;

const db::GivenRows::Columns given_columns = {
    {"id", Column::text},           {"fence", Column::integer},
    {"state_from", Column::text},   {"expired_before", Column::integer},
    {"state_to", Column::text},     {"ready_at", Column::integer},
    {"retry_at", Column::integer},  {"reason", Column::text},
    {"lease_owner", Column::text},  {"lease_until", Column::integer},
    {"retries", Column::integer},   {"lookups", Column::integer},
    {"waits", Column::integer},     {"anew", Column::integer},
    {"uncertain", Column::integer}, {"waives_late", Column::integer},
    {"attempt_id", Column::text},   {"key_created_at", Column::integer},
    {"remote_id", Column::text},    {"url", Column::text},
    {"reference", Column::text},    {"published_at", Column::integer},
};

void add_row(db::GivenRows& given, const Change& change, const std::string& owner,
             base::Instant now) {
  const Transition& next = change.next;
  const auto& published = change.published;
  given.add({
      change.work.id,
      change.work.fence,
      posts::to_string(change.work.state),
      change.expired_before,
      posts::to_string(next.state),
      next.ready_at,
      next.retry_at,
      next.reason,
      gives_up_lease(change) ? db::Value() : db::Value(owner),
      change.lease_until,
      code(next.retries),
      code(next.lookups),
      code(next.waiting),
      next.begins_anew || is_over(next.state),
      next.uncertain,
      next.waives_late,
      change.attempt ? db::Value(change.attempt->id) : db::Value(),
      change.attempt ? db::Value(change.attempt->key_created_at) : db::Value(),
      published ? db::Value(published->remote_id) : db::Value(),
      published ? db::Value(published->url) : db::Value(),
      published ? db::Value(json::serialize(published->reference)) : db::Value(),
      next.state == TargetState::published ? db::Value(now) : db::Value(),
  });
}

// Transition::Count: 0 keep, 1 reset, 2 up.
std::string counted(std::string_view column, std::string_view how) {
  return fmt::format(
      "{0} = CASE given.{1} WHEN 2 THEN targets.{0} + 1 WHEN 1 THEN 0 ELSE targets.{0} END", column,
      how);
}

}  // namespace

ChangesSql changes_sql(db::Dialect dialect, const Changes& changes, const std::string& owner,
                       base::Instant now) {
  db::GivenRows given(dialect, given_columns);
  for (const auto& change : changes) add_row(given, *change, owner, now);
  const std::string at = given.parameter(now);
  std::string sql = fmt::format(
      "WITH {} UPDATE targets SET state = given.state_to, claimed_at = NULL,"
      " ready_at = given.ready_at, retry_at = given.retry_at, state_reason = given.reason,"
      " lease_owner = given.lease_owner, lease_until = CASE WHEN targets.lease_until >"
      " given.lease_until THEN targets.lease_until ELSE given.lease_until END, {}, {},"
      " waiting_since = CASE given.waits WHEN 2 THEN COALESCE(targets.waiting_since, {})"
      " WHEN 1 THEN NULL ELSE targets.waiting_since END,"
      " progress = CASE given.anew WHEN 1 THEN NULL ELSE targets.progress END,"
      " uncertain_count = targets.uncertain_count + given.uncertain,"
      " too_late = CASE given.waives_late WHEN 1 THEN 'publish' ELSE targets.too_late END,"
      " attempt_id = COALESCE(given.attempt_id, targets.attempt_id),"
      " attempt_count = targets.attempt_count + CASE WHEN given.attempt_id IS NULL THEN 0 ELSE 1"
      " END, sent_at = CASE WHEN given.attempt_id IS NULL AND given.uncertain = 0 THEN"
      " targets.sent_at ELSE {} END,"
      " key_created_at = COALESCE(targets.key_created_at, given.key_created_at),"
      " remote_id = COALESCE(given.remote_id, targets.remote_id),"
      " url = COALESCE(given.url, targets.url),"
      " reference = COALESCE(given.reference, targets.reference),"
      " published_at = COALESCE(given.published_at, targets.published_at), updated_at = {}"
      " FROM given WHERE targets.id = given.id AND targets.fence = given.fence"
      " AND targets.state = given.state_from"
      " AND (given.expired_before IS NULL OR targets.lease_until < given.expired_before)"
      " RETURNING targets.id",
      given.table(), counted("retry_count", "retries"), counted("lookup_count", "lookups"), at, at,
      at);
  return {.sql = std::move(sql), .params = given.take()};
}

bool has_attempt(const Change& change) {
  return change.attempt || (!change.next.outcome.empty() && change.work.attempt);
}

ChangesSql attempts_sql(db::Dialect dialect, const Changes& changes, const Stories& stories,
                        const std::string& owner, base::Instant now) {
  db::GivenRows given(dialect, {{"id", Column::text},
                                {"target_id", Column::text},
                                {"publish_key", Column::text},
                                {"frozen", Column::text},
                                {"fence", Column::integer},
                                {"story", Column::text}});
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = *changes[i];
    if (!stories[i] || !change.attempt) continue;
    given.add({change.attempt->id, change.work.id, change.work.key, change.attempt->frozen,
               change.work.fence, *stories[i]});
  }
  if (given.empty()) return {};
  const std::string worker = given.parameter(owner);
  const std::string at = given.parameter(now);
  std::string sql = fmt::format(
      "WITH {} INSERT INTO attempts (id, target_id, publish_key, frozen, fence, story, worker,"
      " started_at) SELECT id, target_id, publish_key, frozen, fence, story, CAST({} AS TEXT),"
      " CAST({} AS BIGINT) FROM given",
      given.table(), worker, at);
  return {.sql = std::move(sql), .params = given.take()};
}

ChangesSql outcomes_sql(db::Dialect dialect, const Changes& changes, const Stories& stories,
                        base::Instant now) {
  db::GivenRows given(dialect, {{"id", Column::text},
                                {"outcome", Column::text},
                                {"reason", Column::text},
                                {"story", Column::text}});
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = *changes[i];
    if (!stories[i] || change.attempt || !has_attempt(change)) continue;
    given.add({*change.work.attempt, change.next.outcome, change.next.reason, *stories[i]});
  }
  if (given.empty()) return {};
  const std::string at = given.parameter(now);
  std::string sql = fmt::format(
      "WITH {} UPDATE attempts SET outcome = given.outcome, outcome_reason = given.reason,"
      " finished_at = {}, story = attempts.story || given.story FROM given WHERE attempts.id = "
      "given.id",
      given.table(), at);
  return {.sql = std::move(sql), .params = given.take()};
}

}  // namespace publishing
