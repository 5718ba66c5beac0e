#include "posts/writing.h"

#include "posts/plan.h"
#include "posts/used_media.h"

#include <algorithm>

#include <fmt/format.h>

namespace posts {

io::Task<base::Result<Times>> find_times(db::Session& session, Slots& slots,
                                         std::string zone_of_workspace, base::PostId post,
                                         PostInput input, std::optional<base::Instant> due) {
  Times times;
  times.time_zone = input.when.time_zone.empty() ? zone_of_workspace : input.when.time_zone;
  if (!base::is_time_zone(times.time_zone)) times.time_zone = "UTC";
  for (const Variant& variant : input.variants) {
    std::optional<base::Instant> at = due;
    if (input.when.type == WhenType::next_slot) {
      auto slot = co_await slots.take(session, variant.account, post);
      if (!slot) co_return std::unexpected(slot.error());
      at = slot->at;
      if (input.when.time_zone.empty()) times.time_zone = slot->time_zone;
    }
    if (!at) continue;
    times.by_account[variant.account] = *at;
    times.due_at = times.due_at ? std::min(*times.due_at, *at) : *at;
  }
  co_return times;
}

io::Task<base::Result<Times>> write_post(db::Session& session, Slots& slots, NewPost post,
                                         Checked checked, Standing standing, base::Instant now) {
  const PostInput& input = post.input;
  PostRow row{.id = post.id,
              .workspace = post.workspace,
              .author = post.author,
              .input = input,
              .due_at = post.due,
              .time_zone = post.zone_of_workspace,
              .changed_by = post.changed_by,
              .approved_by = post.approved_by,
              .occurrence = post.occurrence};
  // First of all: what a post takes of the queue names the post.
  co_await insert_post(session, row, now);
  auto times =
      co_await find_times(session, slots, post.zone_of_workspace, post.id, input, post.due);
  if (!times) co_return std::unexpected(times.error());
  co_await session.execute("UPDATE posts SET due_at = $2, time_zone = $3 WHERE id = $1",
                           {post.id, times->due_at, times->time_zone});
  co_await link_media(session, post.id, media_of(input.parts, input.variants), now);
  const TargetState state = state_after(input.when, standing, post.approved_by.has_value());
  auto plan = plan_targets(input, checked, times->by_account, state);
  auto ids =
      co_await write_targets(session, post.id, post.workspace, plan, {}, {}, input.too_late, now);
  co_await append_timeline(
      session, now,
      entries_for(post.id, ids, "created", standing.actor,
                  "Written. " + describe(state, times->due_at, times->time_zone)));
  co_return times;
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

}  // namespace posts
