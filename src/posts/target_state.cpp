#include "posts/target_state.h"

#include "base/check.h"

#include <algorithm>

namespace posts {

namespace {

struct Tally {
  std::size_t total = 0;
  std::size_t counts[target_states.size()] = {};

  std::size_t operator[](TargetState state) const {
    return counts[static_cast<std::size_t>(state)];
  }
};

Tally tally(const std::vector<TargetState>& targets) {
  Tally result;
  result.total = targets.size();
  for (TargetState state : targets) ++result.counts[static_cast<std::size_t>(state)];
  return result;
}

std::string count_sql(std::string_view condition) {
  return "SUM(CASE WHEN " + std::string(condition) + " THEN 1 ELSE 0 END)";
}

}  // namespace

std::string_view to_string(TargetState state) {
  switch (state) {
    case TargetState::draft:
      return "draft";
    case TargetState::awaiting_approval:
      return "awaiting_approval";
    case TargetState::scheduled:
      return "scheduled";
    case TargetState::claimed:
      return "claimed";
    case TargetState::sending:
      return "sending";
    case TargetState::published:
      return "published";
    case TargetState::rejected:
      return "rejected";
    case TargetState::unknown:
      return "unknown";
    case TargetState::needs_decision:
      return "needs_decision";
    case TargetState::paused:
      return "paused";
    case TargetState::cancelled:
      return "cancelled";
    case TargetState::missed:
      return "missed";
  }
  return "unknown";
}

std::string_view to_string(PostState state) {
  switch (state) {
    case PostState::draft:
      return "draft";
    case PostState::awaiting_approval:
      return "awaiting_approval";
    case PostState::scheduled:
      return "scheduled";
    case PostState::publishing:
      return "publishing";
    case PostState::published:
      return "published";
    case PostState::partly_published:
      return "partly_published";
    case PostState::failed:
      return "failed";
    case PostState::needs_decision:
      return "needs_decision";
    case PostState::cancelled:
      return "cancelled";
  }
  return "draft";
}

std::optional<TargetState> parse_target_state(std::string_view text) {
  for (TargetState state : target_states) {
    if (to_string(state) == text) return state;
  }
  return std::nullopt;
}

std::optional<PostState> parse_post_state(std::string_view text) {
  for (PostState state : post_states) {
    if (to_string(state) == text) return state;
  }
  return std::nullopt;
}

TargetState stored_target_state(std::string_view text) {
  auto state = parse_target_state(text);
  CHECK(state.has_value());
  return *state;
}

PostState derive_post_state(const std::vector<TargetState>& targets) {
  using enum TargetState;
  const Tally n = tally(targets);
  if (n[draft] == n.total) return PostState::draft;
  if (n[needs_decision] > 0) return PostState::needs_decision;
  if (n[claimed] + n[sending] + n[unknown] > 0) return PostState::publishing;
  if (n[awaiting_approval] > 0) return PostState::awaiting_approval;
  if (n[scheduled] + n[paused] > 0) {
    return n[published] > 0 ? PostState::publishing : PostState::scheduled;
  }
  if (n[draft] > 0) return PostState::draft;
  if (n[published] == n.total) return PostState::published;
  if (n[published] > 0) return PostState::partly_published;
  return n[cancelled] == n.total ? PostState::cancelled : PostState::failed;
}

std::string post_state_sql() {
  auto any = [](std::string_view condition) { return count_sql(condition) + " > 0"; };
  auto all = [](std::string_view condition) { return count_sql(condition) + " = COUNT(*)"; };
  return "(SELECT CASE WHEN COUNT(*) = 0 THEN 'draft'"
         " WHEN " +
         all("state = 'draft'") +
         " THEN 'draft'"
         " WHEN " +
         any("state = 'needs_decision'") +
         " THEN 'needs_decision'"
         " WHEN " +
         any("state IN ('claimed', 'sending', 'unknown')") +
         " THEN 'publishing'"
         " WHEN " +
         any("state = 'awaiting_approval'") +
         " THEN 'awaiting_approval'"
         " WHEN " +
         any("state IN ('scheduled', 'paused')") + " THEN CASE WHEN " + any("state = 'published'") +
         " THEN 'publishing' ELSE 'scheduled' END"
         " WHEN " +
         any("state = 'draft'") +
         " THEN 'draft'"
         " WHEN " +
         all("state = 'published'") +
         " THEN 'published'"
         " WHEN " +
         any("state = 'published'") +
         " THEN 'partly_published'"
         " WHEN " +
         all("state = 'cancelled'") +
         " THEN 'cancelled'"
         " ELSE 'failed' END FROM targets WHERE targets.post_id = posts.id)";
}

bool may_edit(TargetState state) {
  switch (state) {
    case TargetState::draft:
    case TargetState::awaiting_approval:
    case TargetState::scheduled:
    case TargetState::paused:
    case TargetState::cancelled:
    case TargetState::missed:
    case TargetState::rejected:
      return true;
    default:
      return false;
  }
}

bool may_cancel(TargetState state) {
  switch (state) {
    case TargetState::draft:
    case TargetState::awaiting_approval:
    case TargetState::scheduled:
    case TargetState::paused:
      return true;
    default:
      return false;
  }
}

bool is_final(TargetState state) {
  switch (state) {
    case TargetState::published:
    case TargetState::rejected:
    case TargetState::cancelled:
    case TargetState::missed:
      return true;
    default:
      return false;
  }
}

std::string sql_list(bool (*chosen)(TargetState)) {
  std::string list;
  for (TargetState state : target_states) {
    if (!chosen(state)) continue;
    if (!list.empty()) list += ", ";
    list += '\'';
    list += to_string(state);
    list += '\'';
  }
  return list;
}

}  // namespace posts
