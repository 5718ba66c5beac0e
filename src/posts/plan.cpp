#include "posts/plan.h"

#include <algorithm>

namespace posts {

namespace {

bool any(const std::vector<Target>& targets, auto condition) {
  return std::any_of(targets.begin(), targets.end(), condition);
}

bool is_busy(const Target& target) {
  return target.state == TargetState::claimed || target.state == TargetState::sending ||
         target.state == TargetState::unknown;
}

}  // namespace

std::vector<PlannedTarget> plan_targets(const PostInput& input, const Checked& checked,
                                        const std::map<base::AccountId, base::Instant>& due,
                                        TargetState state) {
  std::vector<PlannedTarget> plan;
  for (const Variant& variant : input.variants) {
    auto account = checked.accounts.find(variant.account);
    if (account == checked.accounts.end()) continue;
    const auto& parts = parts_for(input.parts, input.variants, variant.account);
    const bool by_part =
        checked.threads.at(variant.account) == networks::Threads::part_by_part && parts.size() > 1;
    const auto instant = due.find(variant.account);
    const int count = by_part ? static_cast<int>(parts.size()) : 1;
    for (int part = 0; part < count; ++part) {
      plan.push_back({
          .account = variant.account,
          .account_handle = account->second.handle,
          .network = account->second.network,
          .part = part,
          .whole = !by_part,
          .text_hash = text_hash(parts),
          .state = state,
          .due_at = instant == due.end() ? std::nullopt : std::optional(instant->second),
      });
    }
  }
  return plan;
}

std::optional<std::string> refuse_replacing(const std::vector<Target>& targets) {
  if (any(targets, is_busy)) {
    return "This post is being published at this moment and cannot be changed any more.";
  }
  if (any(targets, [](const Target& each) { return each.state == TargetState::published; })) {
    return "Part of this post is out already: its text can no longer be changed here.";
  }
  if (any(targets, [](const Target& each) { return each.state == TargetState::needs_decision; })) {
    return "Part of this post waits for a decision: decide about it first.";
  }
  if (any(targets, [](const Target& each) { return each.uncertain > 0; })) {
    return "This post was sent once without a clear answer: it can be moved or cancelled, but its "
           "text must stay, so that it cannot appear twice.";
  }
  return std::nullopt;
}

std::optional<std::string> refuse_moving(const std::vector<Target>& targets) {
  if (any(targets, is_busy)) {
    return "This post is being published at this moment and cannot be moved any more.";
  }
  if (!targets.empty() && !any(targets, [](const Target& each) {
        return may_cancel(each.state) || each.state == TargetState::missed;
      })) {
    return "Nothing of this post waits for its time any more.";
  }
  return std::nullopt;
}

std::optional<std::string> refuse_removing(const std::vector<Target>& targets) {
  if (any(targets, is_busy)) return "This post is being published at this moment.";
  if (any(targets, [](const Target& each) { return each.state == TargetState::published; })) {
    return "Part of this post is out: it stays here as the record of that.";
  }
  if (any(targets, [](const Target& each) { return each.state == TargetState::needs_decision; })) {
    return "Part of this post waits for a decision: decide about it first.";
  }
  return std::nullopt;
}

}  // namespace posts
