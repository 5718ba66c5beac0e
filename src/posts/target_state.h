// The states of a target and of a post. A post has no state of its own: it is derived from its
// targets, by derive_post_state() here and by post_state_sql() where a list is filtered; a test
// holds the two against each other.
//
// What a worker does with a target is publishing/machine.h; what a person may do with it is here.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posts {

enum class TargetState {
  draft,
  awaiting_approval,
  scheduled,       // waits for its time, for its next try, or for the part before it
  claimed,         // a worker has it and prepares it; nothing was sent
  sending,         // the attempt is written down; bytes may be on their way
  published,       // the network confirmed it
  rejected,        // the network said no; the reason is kept
  unknown,         // sent, and no trustworthy answer; being looked up
  needs_decision,  // nobody but a person can know or choose
  paused,          // its account cannot publish at the moment
  cancelled,
  missed,  // too late under the post's own policy
};
inline constexpr std::array target_states = {
    TargetState::draft,    TargetState::awaiting_approval, TargetState::scheduled,
    TargetState::claimed,  TargetState::sending,           TargetState::published,
    TargetState::rejected, TargetState::unknown,           TargetState::needs_decision,
    TargetState::paused,   TargetState::cancelled,         TargetState::missed,
};

enum class PostState {
  draft,
  awaiting_approval,
  scheduled,
  publishing,
  published,
  partly_published,
  failed,
  needs_decision,
  cancelled,
};
inline constexpr std::array post_states = {
    PostState::draft,      PostState::awaiting_approval, PostState::scheduled,
    PostState::publishing, PostState::published,         PostState::partly_published,
    PostState::failed,     PostState::needs_decision,    PostState::cancelled,
};

std::string_view to_string(TargetState state);
std::string_view to_string(PostState state);
std::optional<TargetState> parse_target_state(std::string_view text);
std::optional<PostState> parse_post_state(std::string_view text);
// For a column that only this program writes: CHECKs that it is a state.
TargetState stored_target_state(std::string_view text);

// The most pressing news first: a decision that waits, then what moves, then what waits, then the
// result. A post without targets is a draft.
PostState derive_post_state(const std::vector<TargetState>& targets);

// The same as a scalar SQL expression over the targets of posts.id, in both dialects.
std::string post_state_sql();

// A person may still change or move it: nothing of it has left, nobody works on it.
bool may_edit(TargetState state);
// A person may still call it off.
bool may_cancel(TargetState state);
// Nothing happens to it any more by itself.
bool is_final(TargetState state);

// "'draft', 'scheduled'": states as an SQL list.
std::string sql_list(bool (*chosen)(TargetState));

}  // namespace posts
