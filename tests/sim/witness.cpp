#include "witness.h"

#include "base/json.h"
#include "connectors.h"

#include <algorithm>

namespace sim {

namespace {

using namespace std::chrono_literals;
using S = TargetState;

// What the workers allow their clocks to differ by.
constexpr base::Duration skew = 5s;

bool is_one_of(S state, std::initializer_list<S> states) {
  return std::find(states.begin(), states.end(), state) != states.end();
}

bool is_with_a_worker(S state) { return is_one_of(state, {S::claimed, S::sending, S::unknown}); }

// What a worker may do, whoever it is.
bool worker_may(S from, S to) {
  switch (from) {
    case S::scheduled:
      return is_one_of(to, {S::claimed, S::cancelled});
    case S::claimed:
      return is_one_of(
          to, {S::sending, S::scheduled, S::paused, S::rejected, S::missed, S::needs_decision});
    case S::sending:
      return is_one_of(
          to, {S::published, S::rejected, S::scheduled, S::paused, S::unknown, S::needs_decision});
    case S::unknown:
      return is_one_of(to, {S::published, S::scheduled, S::needs_decision});
    case S::paused:
      return is_one_of(to, {S::scheduled, S::rejected, S::missed, S::needs_decision, S::cancelled});
    case S::draft:
    case S::awaiting_approval:
      return to == S::cancelled;  // an earlier part of its thread did not go out
    default:
      return false;
  }
}

bool person_may(S from, S to) {
  if (is_with_a_worker(from) || from == S::published) return false;
  if (from == S::needs_decision) return is_one_of(to, {S::published, S::scheduled, S::cancelled});
  return is_one_of(to, {S::draft, S::awaiting_approval, S::scheduled, S::cancelled});
}

// A person may call off, or take back, what was sent once without a clear answer.
bool may_be_there(const Witness::Target& target) {
  return target.uncertain > 0 &&
         is_one_of(target.state, {S::cancelled, S::draft, S::awaiting_approval});
}

}  // namespace

bool may_be_removed(TargetState state) {
  return !is_with_a_worker(state) && state != S::published && state != S::needs_decision;
}

Witness::Witness(Scheduler& scheduler, Story& story, Internet& internet, const Weather& weather)
    : scheduler_(scheduler),
      story_(story),
      internet_(internet),
      strange_clocks_(weather.strange_clocks),
      renewals_hold_(!weather.strange_clocks && weather.freeze == 0) {}

void Witness::break_promise(std::string what) {
  story_.tell("PROMISE", "BROKEN: {}", what);
  if (violation_.empty()) violation_ = std::move(what);
}

std::string Witness::name(const Target& target) const {
  return fmt::format("target {} ({}{})", target.number, target.network,
                     target.whole ? "" : fmt::format(", part {}", target.part + 1));
}

Witness::Target* Witness::by_key(const std::string& key) {
  const auto id = keys_.find(key);
  if (id == keys_.end()) return nullptr;
  const auto target = targets_.find(id->second);
  return target == targets_.end() ? nullptr : &target->second;
}

void Witness::check_transition(const Process& writer, const Target& before, const Target& after) {
  const bool by_worker = workers_.contains(writer.name);
  const bool may =
      by_worker ? worker_may(before.state, after.state) : person_may(before.state, after.state);
  if (!may) {
    break_promise(fmt::format("{} went from {} to {} by {}", name(after),
                              posts::to_string(before.state), posts::to_string(after.state),
                              writer.name));
  }
}

// A worker changes only what is its own, or what a worker left that surely does nothing more.
void Witness::check_owner(const Process& writer, const Target& before, const Target& after) {
  if (!workers_.contains(writer.name) || !is_with_a_worker(before.state)) return;
  if (after.fence < before.fence) break_promise(name(after) + ": its fence went back");
  if (before.owner == writer.name) return;
  const auto owner = workers_.find(before.owner);
  const bool owner_lives = owner != workers_.end() && owner->second->alive;
  const base::Instant owners_time =
      scheduler_.now() + (owner_lives ? owner->second->clock_offset : base::Duration{0});
  if (before.state == S::unknown) {
    const bool asks =
        after.state == S::unknown && after.owner == writer.name && after.fence > before.fence;
    if (!asks)
      break_promise(
          fmt::format("{} was changed by {}, whose look-up it is not", name(after), writer.name));
    return;
  }
  const bool gives_up =
      before.state == S::claimed
          ? is_one_of(after.state, {S::scheduled, S::needs_decision}) && after.owner.empty()
          : after.state == S::unknown && after.owner.empty();
  if (!gives_up) {
    break_promise(
        fmt::format("{} was changed by {}, but {} has it", name(after), writer.name, before.owner));
  } else if (owner_lives && before.lease_until && !strange_clocks_ &&
             owners_time + skew < *before.lease_until) {
    break_promise(
        fmt::format("{} was taken from {}, whose lease still holds", name(after), before.owner));
  }
}

// The edit-or-send rule, of the side that edits.
void Witness::check_edit(const Process& writer, const Target& before, const Target& after) {
  if (workers_.contains(writer.name)) return;
  if (is_with_a_worker(before.state) &&
      (before.due_at != after.due_at || before.fence != after.fence)) {
    break_promise(fmt::format("{} was changed by a person while it is {}", name(after),
                              posts::to_string(before.state)));
  }
}

void Witness::sent(const Internet::Request& request) {
  Target* target = by_key(request.key);
  if (!target) return break_promise("something was sent that is not stored (any more)");
  const std::string what = name(*target);
  const bool own = target->state == S::sending && target->owner == request.sender->name;
  if (!own && !strange_clocks_) {
    break_promise(fmt::format("{} was sent by {} while it is {} with '{}'", what,
                              request.sender->name, posts::to_string(target->state),
                              target->owner));
  }
  const auto attempt = attempts_.find(target->attempt);
  if (attempt == attempts_.end() || attempt->second.frozen != request.payload) {
    break_promise(what + " was sent, but no attempt with these bytes was written down before");
  }
  if (target->due_at && scheduler_.now() + skew < *target->due_at && !strange_clocks_) {
    break_promise(what + " was sent before its time");
  }
  check_text(request, *target);
  check_order(*target);
}

void Witness::check_text(const Internet::Request& request, const Target& target) {
  const json::value payload = json::parse(request.payload);
  std::string says;
  for (const json::value& part : payload.at("parts").as_array()) {
    says += std::string(part.as_string()) + "|";
  }
  if (says != target.text && !strange_clocks_) {
    break_promise(
        fmt::format("{} was sent as '{}' but says '{}'", name(target), says, target.text));
  }
  if (approving_.contains(target.workspace) && says != target.approved_text) {
    break_promise(name(target) + " was sent though nobody has approved that");
  }
}

void Witness::check_order(const Target& target) {
  if (target.previous.empty()) return;
  const auto previous = targets_.find(target.previous);
  if (previous == targets_.end() || previous->second.state != S::published) {
    break_promise(name(target) + " was sent before the part before it was out");
  }
}

void Witness::taken(const Internet::Request& request, bool joined) {
  if (!joined) check_budgets(request);
  const Target* target = by_key(request.key);
  const Internet::Taken* taken = internet_.find(request.account, request.key);
  const std::string what = target ? name(*target) : "a target that is gone";
  const int allowed = 1 + (target ? target->consents : 0);
  const bool may_double = strange_clocks_ && request.network == "bravo";
  if (taken->copies > allowed && !may_double) {
    break_promise(
        fmt::format("{} has {} copies, and {} were wanted", what, taken->copies, allowed));
  }
  if (taken->payload != request.payload && allowed == 1) {
    break_promise(what + " was sent again with other bytes");
  }
}

// Counted by when it was sent: how long a network takes for it is not the sender's doing.
void Witness::check_budgets(const Internet::Request& request) {
  const auto parts = json::parse(request.payload).at("parts").as_array().size();
  auto& uses = uses_[request.account];
  uses.push_back({.at = request.sent_at, .posts = static_cast<std::int64_t>(parts)});
  for (const networks::Budget& budget : simulated_network(request.network)->budgets({})) {
    for (const Use& first : uses) {
      std::int64_t units = 0;
      for (const Use& use : uses) {
        const bool within = use.at >= first.at && use.at < first.at + budget.window;
        if (within) units += use.posts * budget.cost;
      }
      if (units > budget.units && !strange_clocks_) {
        return break_promise(fmt::format("{} has used {} units of '{}', which allows {}",
                                         request.account, units, budget.name, budget.units));
      }
    }
  }
}

std::size_t Witness::unfinished() const {
  return static_cast<std::size_t>(
      std::count_if(targets_.begin(), targets_.end(), [](const auto& each) {
        return is_with_a_worker(each.second.state) ||
               is_one_of(each.second.state, {S::scheduled, S::paused});
      }));
}

void Witness::check_the_end() {
  for (const auto& [id, target] : targets_) {
    const Internet::Taken* taken = internet_.find(target.remote_id, target.key);
    const std::string_view state = posts::to_string(target.state);
    if (is_with_a_worker(target.state) || is_one_of(target.state, {S::scheduled, S::paused})) {
      break_promise(fmt::format("{} is lost: it stays {}", name(target), state));
    } else if (target.state == S::published && !taken && !target.said_published) {
      break_promise(name(target) + " is called published, but is not there");
    } else if (target.state != S::published && target.state != S::needs_decision && taken &&
               !may_be_there(target)) {
      break_promise(fmt::format("{} is called {}, but is there", name(target), state));
    }
  }
}

}  // namespace sim
