#include "publishing/changes_sql.h"

#include <fmt/format.h>

namespace publishing {

namespace {

// Grows a VALUES list. Each value is cast: PostgreSQL takes a bare placeholder there for text.
class Values {
 public:
  void begin_row() {
    sql_ += params_.empty() ? "(" : "), (";
    first_ = true;
  }
  void integer(db::Value value) { add(std::move(value), "BIGINT"); }
  void text(db::Value value) { add(std::move(value), "TEXT"); }

  std::string sql() const { return sql_ + ")"; }
  db::Params take() { return std::move(params_); }
  // Another parameter, outside the list.
  std::string extra(db::Value value) {
    params_.push_back(std::move(value));
    return fmt::format("${}", params_.size());
  }
  bool empty() const { return params_.empty(); }

 private:
  void add(db::Value value, std::string_view type) {
    params_.push_back(std::move(value));
    sql_ += fmt::format("{}CAST(${} AS {})", first_ ? "" : ", ", params_.size(), type);
    first_ = false;
  }

  std::string sql_;
  db::Params params_;
  bool first_ = true;
};

std::int64_t code(Transition::Count count) { return static_cast<std::int64_t>(count); }

bool gives_up_lease(const Change& change) { return !change.lease_until.has_value(); }

// Nothing follows, and nothing of the preparing is needed any more.
bool is_over(TargetState state) {
  return state == TargetState::published || state == TargetState::rejected ||
         state == TargetState::cancelled || state == TargetState::missed;
}

void add_row(Values& values, const Change& change, const std::string& owner, base::Instant now) {
  const Transition& next = change.next;
  const bool published = next.state == TargetState::published;
  values.begin_row();
  values.text(change.work.id);
  values.integer(change.work.fence);
  values.text(posts::to_string(change.work.state));
  values.integer(change.expired_before);
  values.text(posts::to_string(next.state));
  values.integer(next.ready_at);
  values.integer(next.retry_at);
  values.text(next.reason);
  values.text(gives_up_lease(change) ? db::Value() : db::Value(owner));
  values.integer(change.lease_until);
  values.integer(code(next.retries));
  values.integer(code(next.lookups));
  values.integer(code(next.waiting));
  values.integer(next.begins_anew || is_over(next.state));
  values.integer(next.uncertain);
  values.integer(next.waives_late);
  values.text(change.attempt ? db::Value(change.attempt->id) : db::Value());
  values.integer(change.attempt ? db::Value(change.attempt->key_created_at) : db::Value());
  values.text(change.published ? db::Value(change.published->remote_id) : db::Value());
  values.text(change.published ? db::Value(change.published->url) : db::Value());
  values.text(change.published ? db::Value(json::serialize(change.published->reference))
                               : db::Value());
  values.integer(published ? db::Value(now) : db::Value());
}

constexpr std::string_view given_columns =
    "id, fence, state_from, expired_before, state_to, ready_at, retry_at, reason, lease_owner,"
    " lease_until, retries, lookups, waits, anew, uncertain, waives_late, attempt_id, "
    "key_created_at, remote_id,"
    " url, reference, published_at";

// Transition::Count: 0 keep, 1 reset, 2 up.
std::string counted(std::string_view column, std::string_view how) {
  return fmt::format(
      "{0} = CASE given.{1} WHEN 2 THEN targets.{0} + 1 WHEN 1 THEN 0 ELSE targets.{0} END", column,
      how);
}

}  // namespace

ChangesSql changes_sql(const std::vector<Change>& changes, const std::string& owner,
                       base::Instant now) {
  Values values;
  for (const Change& change : changes) add_row(values, change, owner, now);
  const std::string rows = values.sql();
  const std::string at = values.extra(now);
  std::string sql = fmt::format(
      "WITH given ({}) AS (VALUES {}) UPDATE targets SET state = given.state_to,"
      " ready_at = given.ready_at, retry_at = given.retry_at, state_reason = given.reason,"
      " lease_owner = given.lease_owner, lease_until = given.lease_until, {}, {},"
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
      given_columns, rows, counted("retry_count", "retries"), counted("lookup_count", "lookups"),
      at, at, at);
  return {.sql = std::move(sql), .params = values.take()};
}

ChangesSql outcomes_sql(const std::vector<Change>& changes, const std::vector<bool>& made,
                        base::Instant now) {
  Values values;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    if (!made[i] || change.next.outcome.empty() || !change.work.attempt) continue;
    values.begin_row();
    values.text(*change.work.attempt);
    values.text(change.next.outcome);
    values.text(change.next.reason);
  }
  if (values.empty()) return {};
  const std::string rows = values.sql();
  const std::string at = values.extra(now);
  std::string sql = fmt::format(
      "WITH given (id, outcome, reason) AS (VALUES {}) UPDATE attempts SET outcome = given.outcome,"
      " outcome_reason = given.reason, finished_at = {} FROM given WHERE attempts.id = given.id",
      rows, at);
  return {.sql = std::move(sql), .params = values.take()};
}

}  // namespace publishing
