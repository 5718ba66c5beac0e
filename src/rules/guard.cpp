#include "rules/guard.h"

#include "base/json.h"
#include "db/given.h"

#include <fmt/format.h>

namespace rules {
namespace {

using namespace std::chrono_literals;

constexpr auto listed_within = 30min;
constexpr auto lists_within = 10min;

}  // namespace

io::Task<std::set<base::PostId>> Guard::guarded(std::vector<base::PostId> posts) {
  std::set<base::PostId> found;
  if (posts.empty()) co_return found;
  db::GivenRows given(database_.dialect(), {{"id", db::Column::text}});
  for (const base::PostId& post : posts) given.add({post});
  const auto rows = co_await database_.execute(
      fmt::format("WITH {} SELECT post_id FROM post_guards WHERE post_id IN (SELECT id FROM given)",
                  given.table()),
      given.take());
  for (const db::Row& row : rows) found.insert(row["post_id"].id<base::PostId>());
  co_return found;
}

io::Task<std::optional<publishing::event::TrendDied>> Guard::look(base::PostId post,
                                                                  base::TargetId target) {
  const auto rows = co_await database_.execute(
      "SELECT g.trend_id, g.policy, g.score_min, (SELECT COUNT(*) FROM timeline t WHERE"
      " t.post_id = g.post_id AND t.target_id = $2 AND t.event = 'trend_died') AS asked"
      " FROM post_guards g WHERE g.post_id = $1",
      {post, target});
  // Asked before: what a person said then holds.
  if (rows.empty() || rows[0]["asked"].integer() > 0) co_return std::nullopt;
  if (!co_await lists_are_made()) {
    co_return publishing::event::TrendDied{
        .drop = false,
        .reason =
            "Nobody has looked at the trends lately, so it is not known whether this one "
            "still rises."};
  }
  auto trouble = co_await trouble_of(rows[0]["trend_id"].text(), rows[0]["score_min"].real());
  if (!trouble) co_return std::nullopt;
  co_return publishing::event::TrendDied{.drop = rows[0]["policy"].text() == "drop",
                                         .reason = std::move(*trouble)};
}

io::Task<bool> Guard::lists_are_made() {
  const auto rows = co_await database_.execute("SELECT 1 FROM trend_lanes WHERE at >= $1 LIMIT 1",
                                               {clock_.now() - lists_within});
  co_return !rows.empty();
}

io::Task<std::optional<std::string>> Guard::trouble_of(std::string trend, double score_min) {
  const auto current = co_await board_.follow(std::move(trend), listed_within);
  if (!current) co_return "Its trend has died: it is not listed any more.";
  if (base::boolean_at(json::value(current->trend.body), "/coordinated")) {
    co_return "Its trend looks coordinated by now: much of it comes from few hands.";
  }
  if (current->score >= score_min) co_return std::nullopt;
  co_return fmt::format("Its trend has died down: score {:.1f}, below {:.1f}.", current->score,
                        score_min);
}

}  // namespace rules
