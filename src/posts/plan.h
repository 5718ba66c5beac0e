// Which targets a post becomes. Pure.
#pragma once

#include "posts/checks.h"
#include "posts/store.h"

#include <map>
#include <vector>

namespace posts {

// One target for each account; for a network that takes a thread part by part, one for each part,
// in order. Accounts without an instant (drafts) get none.
std::vector<PlannedTarget> plan_targets(const PostInput& input, const Checked& checked,
                                        const std::map<base::AccountId, base::Instant>& due,
                                        TargetState state);

// Why a post cannot be changed any more, for a person; nothing when it can.
std::optional<std::string> refuse_replacing(const std::vector<Target>& targets);
std::optional<std::string> refuse_moving(const std::vector<Target>& targets);
std::optional<std::string> refuse_removing(const std::vector<Target>& targets);

}  // namespace posts
