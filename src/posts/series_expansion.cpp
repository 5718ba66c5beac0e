// How a series becomes posts: ahead of time, each occurrence once, no burst after an outage.
#include "posts/plan.h"
#include "posts/series.h"
#include "posts/used_media.h"

#include <algorithm>
#include <map>

namespace posts {

namespace {

// When a series cannot go on (an account is gone), it is tried again after so long.
constexpr std::chrono::minutes try_again{10};
// When as many posts stand ahead as may.
constexpr std::chrono::hours look_again{1};

struct Reach {
  std::optional<OccurrenceTime> missed;  // the latest of those that are over
  std::vector<OccurrenceTime> coming;
};

// What follows of the rule; a few more than can become posts, so that each knows the one after it.
Reach look_ahead(const SeriesRow& row, base::Instant now) {
  Reach reach;
  std::string after = row.settled;
  while (reach.coming.size() < series_ahead_max + 2) {
    auto chunk = occurrences(row.input.repeat, after, series_ahead_max + 2);
    if (chunk.empty()) break;
    after = chunk.back().local;
    for (OccurrenceTime& time : chunk) {
      if (!row.stops.empty() && time.local >= row.stops) return reach;
      if (time.at < now) {
        reach.missed = std::move(time);
      } else {
        reach.coming.push_back(std::move(time));
      }
    }
  }
  return reach;
}

// Rules that hardly ever match take a while to go through: not on the loop.
io::Task<Reach> reach_of(SeriesRow row, base::Instant now) {
  co_return co_await io::offload([row = std::move(row), now] { return look_ahead(row, now); });
}

bool is_over(const OccurrenceTime& missed, TooLate policy, base::Instant now) {
  return policy.policy == TooLatePolicy::drop && now > missed.at + policy.after;
}

std::optional<base::Instant> at_of(const std::vector<OccurrenceTime>& times, std::size_t index) {
  return index < times.size() ? std::optional(times[index].at) : std::nullopt;
}

PostInput content_at(const SeriesRow& row, const OccurrenceTime& time, TooLate too_late) {
  PostInput input = row.input.content;
  input.when = {.type = WhenType::at,
                .at = std::nullopt,
                .local = time.local,
                .time_zone = row.input.repeat.time_zone};
  input.too_late = too_late;
  return input;
}

}  // namespace

TooLate too_late_of_occurrence(TooLate policy, base::Instant at,
                               std::optional<base::Instant> following) {
  if (!following) return policy;
  const auto gap = std::chrono::floor<std::chrono::seconds>(*following - at);
  if (policy.policy == TooLatePolicy::publish) {
    return {.policy = TooLatePolicy::drop, .after = gap};
  }
  return {.policy = policy.policy, .after = std::min(policy.after, gap)};
}

io::Task<base::Result<void>> Series::expand(db::Session& session, Hand& hand) {
  SeriesRow& row = hand.row;
  const TooLate policy = row.input.content.too_late;
  const Reach reach = co_await reach_of(row, hand.now);
  const auto& coming = reach.coming;
  if (reach.missed) {
    row.settled = reach.missed->local;
    if (!is_over(*reach.missed, policy, hand.now)) {
      const TooLate late = too_late_of_occurrence(policy, reach.missed->at, at_of(coming, 0));
      auto done = co_await write_occurrence(session, hand, *reach.missed, late);
      if (!done) co_return std::unexpected(done.error());
    }
  }
  auto ahead = static_cast<std::size_t>(co_await count_ahead(session, row.id, hand.now));
  std::size_t next = 0;
  for (; next < coming.size() && ahead < series_ahead_max; ++next, ++ahead) {
    const OccurrenceTime& time = coming[next];
    if (time.at > hand.now + series_horizon) break;
    const TooLate late = too_late_of_occurrence(policy, time.at, at_of(coming, next + 1));
    auto done = co_await write_occurrence(session, hand, time, late);
    if (!done) co_return std::unexpected(done.error());
    row.settled = time.local;
  }
  if (next < coming.size()) {
    row.expand_at = std::max(coming[next].at - series_horizon, hand.now + look_again);
  } else {
    // Nothing follows: over once the last one is.
    auto last = co_await session.execute(
        "SELECT MAX(due_at) FROM posts WHERE series_id = $1 AND due_at > $2", {row.id, hand.now});
    row.expand_at = last[0][0].optional_instant();
    if (!row.expand_at) row.state = SeriesState::ended;
  }
  co_await save_series(session, row, hand.now);
  co_return base::Result<void>{};
}

io::Task<base::Result<void>> Series::write_occurrence(db::Session& session, const Hand& hand,
                                                      OccurrenceTime time, TooLate too_late) {
  const SeriesRow& row = hand.row;
  const base::PostId id = base::PostId::make();
  if (!co_await take_occurrence(session, row.id, time.local, id)) co_return base::Result<void>{};
  NewPost post{.id = id,
               .workspace = row.workspace,
               .author = row.author_id,
               .zone_of_workspace = row.input.repeat.time_zone,
               .input = content_at(row, time, too_late),
               .due = time.at,
               .changed_by = row.changed_by,
               .approved_by = row.approved_by,
               .occurrence = Occurrence{.series = row.id, .local = time.local}};
  auto written =
      co_await write_post(session, slots_, std::move(post), hand.checked, hand.standing, hand.now);
  if (!written) co_return std::unexpected(written.error());
  co_return base::Result<void>{};
}

io::Task<base::Result<void>> Series::rewrite_posts(db::Session& session, Hand& hand) {
  const SeriesRow& row = hand.row;
  const Reach reach = co_await reach_of(row, hand.now);
  std::map<std::string, std::size_t> by_local;
  for (std::size_t i = 0; i < reach.coming.size(); ++i) by_local[reach.coming[i].local] = i;
  for (const base::PostId& id : co_await waiting_posts(session, row.id, "")) {
    auto post = co_await read_post(session, row.workspace, id, for_update(database_.dialect()));
    if (!post || !post->due_at || *post->due_at <= hand.now) continue;
    // With a worker already, or sent once: it stays as it is.
    if (refuse_replacing(post->targets)) continue;
    const auto found = by_local.find(post->occurrence->local);
    if (found == by_local.end()) {
      co_await link_media(session, id, {}, hand.now);
      co_await session.execute("DELETE FROM posts WHERE id = $1", {id});
      co_await forget_occurrence(session, row.id, post->occurrence->local);
      continue;
    }
    const OccurrenceTime& time = reach.coming[found->second];
    const TooLate late = too_late_of_occurrence(row.input.content.too_late, time.at,
                                                at_of(reach.coming, found->second + 1));
    auto done = co_await rewrite_post(session, hand, std::move(*post), time, late);
    if (!done) co_return std::unexpected(done.error());
  }
  co_return base::Result<void>{};
}

io::Task<base::Result<void>> Series::rewrite_post(db::Session& session, const Hand& hand, Post post,
                                                  OccurrenceTime time, TooLate too_late) {
  const SeriesRow& row = hand.row;
  const PostInput input = content_at(row, time, too_late);
  const std::string& zone = row.input.repeat.time_zone;
  PostRow changed{.id = post.id,
                  .workspace = row.workspace,
                  .author = row.changed_by,
                  .input = input,
                  .due_at = time.at,
                  .time_zone = zone,
                  .approved_by = row.approved_by,
                  .occurrence = post.occurrence};
  if (!co_await update_post(session, changed, post.version, hand.now)) {
    co_return base::conflict("A post of this series is being changed by somebody else.");
  }
  co_await link_media(session, post.id, media_of(input.parts, input.variants), hand.now);
  std::map<base::AccountId, base::Instant> times;
  for (const Variant& variant : input.variants) times[variant.account] = time.at;
  const TargetState state = state_after(input.when, hand.standing, row.approved_by.has_value());
  auto ids = co_await write_targets(session, post.id, row.workspace,
                                    plan_targets(input, hand.checked, times, state), post.targets,
                                    {}, too_late, hand.now);
  co_await append_timeline(
      session, hand.now,
      entries_for(post.id, ids, "edited", hand.standing.actor,
                  "The series was changed. " + describe(state, time.at, zone)));
  co_return base::Result<void>{};
}

io::Task<std::size_t> Series::expand_due(std::size_t limit) {
  auto due = co_await due_series(database_, clock_.now(), limit);
  for (SeriesRow& row : due) co_await expand_one(std::move(row));
  co_return due.size();
}

io::Task<> Series::expand_one(SeriesRow seen) {
  auto result = co_await checked(seen.workspace, seen.input);
  auto tx = co_await database_.begin();
  Hand hand{
      .standing = co_await read_standing(*tx, database_.dialect(), seen.workspace, seen.author_id),
      .now = clock_.now()};
  auto row = co_await read_series(*tx, seen.workspace, seen.id, for_update(database_.dialect()));
  // Somebody else was here in the meantime.
  if (!row || row->version != seen.version || row->state != SeriesState::active) co_return;
  if (!row->expand_at || *row->expand_at > hand.now) co_return;
  hand.row = std::move(*row);
  if (result) {
    hand.checked = std::move(*result);
    hand.row.problem.clear();
    auto done = co_await expand(*tx, hand);
    if (!done) co_return;
  } else {
    hand.row.problem = result.error().message;
    hand.row.expand_at = hand.now + try_again;
    co_await save_series(*tx, hand.row, hand.now);
  }
  co_await tx->commit();
  if (signals_.changed) {
    signals_.changed(seen.workspace, {{"type", "series"}, {"id", seen.id}});
  }
  if (signals_.due_soon) signals_.due_soon();
}

}  // namespace posts
