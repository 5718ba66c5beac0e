#include "rules/store.h"

#include "db/given.h"

#include <fmt/format.h>

namespace rules {
namespace {

constexpr auto runs_kept = std::chrono::days{60};
constexpr int trends_max = 2'000;

RunState run_state(std::string_view text) {
  if (text == "acted") return RunState::acted;
  return text == "failed" ? RunState::failed : RunState::waiting;
}

Run read_run(const db::Row& row) {
  return {.story = row["story"].text(),
          .label = row["label"].text(),
          .state = run_state(row["state"].text()),
          .reason = row["reason"].text(),
          .post = row["post_id"].optional_text(),
          .tries = static_cast<int>(row["tries"].integer()),
          .first_at = row["first_at"].instant(),
          .at = row["at"].instant()};
}

std::unexpected<base::Error> none() { return base::not_found("There is no such rule."); }

}  // namespace

std::string_view to_string(RunState state) {
  if (state == RunState::acted) return "acted";
  return state == RunState::failed ? "failed" : "waiting";
}

Store::Store(db::Database& database, const base::Clock& clock)
    : database_(database), clock_(clock) {}

io::Task<std::vector<StoredRule>> Store::read(std::string where, db::Params params) {
  std::vector<StoredRule> rules;
  for (const db::Row& row : co_await database_.execute(
           "SELECT r.*, (SELECT COUNT(*) FROM rule_runs u WHERE u.rule_id = r.id"
           " AND u.acted_at IS NOT NULL) AS acted, (SELECT MAX(u.acted_at) FROM rule_runs u"
           " WHERE u.rule_id = r.id AND u.acted_at IS NOT NULL) AS last_acted"
           " FROM rules r WHERE " +
               where + " ORDER BY r.id",
           std::move(params))) {
    const auto body = base::parse_json(row["definition"].text());
    auto rule = body ? read_rule(*body, "UTC") : base::Result<Rule>(none());
    if (!rule) continue;  // of a version that knew more; nothing here can run it
    rule->enabled = row["enabled"].boolean();
    rules.push_back({.id = row["id"].text(),
                     .workspace = row["workspace_id"].id<base::WorkspaceId>(),
                     .author = row["author_id"].id<base::UserId>(),
                     .rule = std::move(*rule),
                     .version = row["version"].integer(),
                     .acted = row["acted"].integer(),
                     .last_acted = row["last_acted"].optional_instant(),
                     .created_at = row["created_at"].instant(),
                     .updated_at = row["updated_at"].instant()});
  }
  co_return rules;
}

io::Task<std::vector<StoredRule>> Store::list(base::WorkspaceId workspace) {
  co_return co_await read("r.workspace_id = $1", {workspace});
}

io::Task<std::vector<StoredRule>> Store::enabled() {
  co_return co_await read(
      "r.enabled = 1 AND r.workspace_id IN (SELECT id FROM workspaces WHERE paused = 0)", {});
}

io::Task<base::Result<StoredRule>> Store::get(base::WorkspaceId workspace, std::string id) {
  auto found = co_await read("r.workspace_id = $1 AND r.id = $2", {workspace, id});
  if (found.empty()) co_return none();
  co_return std::move(found.front());
}

io::Task<base::Result<StoredRule>> Store::add(base::WorkspaceId workspace, base::UserId author,
                                              Rule rule) {
  const std::string id = base::make_uuid7();
  const auto added = co_await database_.execute(
      "INSERT INTO rules (id, workspace_id, name, definition, list_id, enabled, version, author_id,"
      " created_at, updated_at) SELECT $1, $2, $3, $4, l.id, $6, 1, $7, $8, $8 FROM watch_lists l"
      " WHERE l.id = $5 AND l.workspace_id = $2"
      " AND (SELECT COUNT(*) FROM rules WHERE workspace_id = $2) < $9",
      {id, workspace, rule.name, json::serialize(to_json(rule)), rule.list, rule.enabled, author,
       clock_.now(), per_workspace_max});
  if (added.affected == 0) {
    co_return base::conflict(
        fmt::format("A workspace has at most {} rules, and each needs a watch list that is there.",
                    per_workspace_max));
  }
  co_return co_await get(workspace, id);
}

io::Task<base::Result<StoredRule>> Store::replace(base::WorkspaceId workspace, base::UserId author,
                                                  std::string id, Rule rule,
                                                  std::optional<std::int64_t> version) {
  const auto changed = co_await database_.execute(
      "UPDATE rules SET name = $3, definition = $4, list_id = $5, enabled = $6, author_id = $7,"
      " version = version + 1, updated_at = $8 WHERE workspace_id = $1 AND id = $2"
      " AND ($9 = 0 OR version = $9)",
      {workspace, id, rule.name, json::serialize(to_json(rule)), rule.list, rule.enabled, author,
       clock_.now(), version.value_or(0)});
  if (changed.affected == 0) {
    auto there = co_await get(workspace, id);
    if (!there) co_return there;
    co_return base::fail({.status = 412,
                          .code = "version_mismatch",
                          .message = "Somebody has changed this rule in the meantime."});
  }
  co_return co_await get(workspace, id);
}

io::Task<base::Result<void>> Store::remove(base::WorkspaceId workspace, std::string id) {
  const auto removed = co_await database_.execute(
      "DELETE FROM rules WHERE workspace_id = $1 AND id = $2", {workspace, id});
  if (removed.affected == 0) co_return none();
  co_return base::Result<void>{};
}

io::Task<std::vector<Run>> Store::runs(std::string rule, std::size_t limit) {
  std::vector<Run> runs;
  for (const db::Row& row : co_await database_.execute(
           "SELECT * FROM rule_runs WHERE rule_id = $1 ORDER BY at DESC, story LIMIT $2",
           {rule, limit})) {
    runs.push_back(read_run(row));
  }
  co_return runs;
}

io::Task<std::map<std::string, Run>> Store::runs_of(std::string rule,
                                                    std::vector<std::string> stories) {
  std::map<std::string, Run> runs;
  if (stories.empty()) co_return runs;
  db::GivenRows given(database_.dialect(), {{"story", db::Column::text}});
  for (const std::string& story : stories) given.add({story});
  const std::string id = given.parameter(rule);
  const auto rows = co_await database_.execute(
      fmt::format("WITH {} SELECT * FROM rule_runs WHERE rule_id = {} AND story IN"
                  " (SELECT story FROM given)",
                  given.table(), id),
      given.take());
  for (const db::Row& row : rows) runs[row["story"].text()] = read_run(row);
  co_return runs;
}

io::Task<Past> Store::past(db::Session& session, std::string rule, base::Instant day_begins,
                           std::string except) {
  const auto rows = co_await session.execute(
      "SELECT COUNT(*) AS n, (SELECT MAX(acted_at) FROM rule_runs WHERE rule_id = $1"
      " AND acted_at IS NOT NULL AND story <> $3) AS last FROM rule_runs WHERE rule_id = $1"
      " AND acted_at >= $2 AND story <> $3",
      {rule, day_begins, except});
  co_return Past{.acted_today = rows[0]["n"].integer(),
                 .last_acted = rows[0]["last"].optional_instant()};
}

io::Task<> Store::note(std::string rule, Run run) {
  co_await database_.execute(
      "INSERT INTO rule_runs (rule_id, story, label, state, reason, tries, first_at, at)"
      " SELECT id, $2, $3, $4, $5, $6, $7, $7 FROM rules WHERE id = $1"
      " ON CONFLICT (rule_id, story) DO UPDATE SET label = excluded.label, state = excluded.state,"
      " reason = excluded.reason, tries = excluded.tries, at = excluded.at"
      " WHERE rule_runs.state <> 'acted' AND (rule_runs.reason <> excluded.reason"
      " OR rule_runs.tries <> excluded.tries)",
      {rule, run.story, run.label, to_string(run.state), run.reason, run.tries, clock_.now()});
}

io::Task<bool> Store::take(db::Session& session, std::string rule, std::int64_t version, Run run) {
  // The update locks the rule: of two processes the second waits, and then sees the first's run.
  const auto held = co_await session.execute(
      "UPDATE rules SET version = version WHERE id = $1 AND version = $2 AND enabled = 1",
      {rule, version});
  if (held.affected == 0) co_return false;
  const auto taken = co_await session.execute(
      "INSERT INTO rule_runs (rule_id, story, label, state, reason, post_id, tries, first_at, at,"
      " acted_at) VALUES ($1, $2, $3, 'acted', $4, $5, $6, $7, $7, $7)"
      " ON CONFLICT (rule_id, story) DO UPDATE SET label = excluded.label, state = 'acted',"
      " reason = excluded.reason, post_id = excluded.post_id, at = excluded.at,"
      " acted_at = excluded.acted_at WHERE rule_runs.state <> 'acted'",
      {rule, run.story, run.label, run.reason, run.post, run.tries, clock_.now()});
  co_return taken.affected == 1;
}

io::Task<std::vector<PastTrend>> Store::trends_since(base::Instant since) {
  std::vector<PastTrend> trends;
  for (const db::Row& row : co_await database_.execute(
           "SELECT t.id, t.best_score, t.best_at, t.body, l.generated FROM trends t"
           " JOIN trend_lanes l ON l.lane = t.lane WHERE t.best_at >= $1"
           " ORDER BY t.best_at DESC LIMIT $2",
           {since, trends_max})) {
    auto body = base::parse_json(row["body"].text());
    if (!body || !body->is_object()) continue;
    trends.push_back({.id = row["id"].text(),
                      .best_score = row["best_score"].real(),
                      .best_at = row["best_at"].instant(),
                      .generated = row["generated"].boolean(),
                      .body = std::move(body->get_object())});
  }
  std::ranges::reverse(trends);
  co_return trends;
}

io::Task<> Store::prune() {
  co_await database_.execute("DELETE FROM rule_runs WHERE at < $1", {clock_.now() - runs_kept});
}

}  // namespace rules
