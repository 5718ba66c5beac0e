// Who holds the run against the promises: sees every commit of the database and every request that
// leaves or arrives, keeps its own picture of what is so, and says at once what must not be.
//
// It knows nothing of the machine, the worker or the SQL: its rules are those of
// docs/publishing.md, written a second time. docs/simulator.md lists them.
#pragma once

#include "database.h"
#include "internet.h"
#include "posts/post.h"
#include "scheduler.h"
#include "story.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sim {

using posts::TargetState;

// Nothing of it is out or may be, and nobody works on it.
bool may_be_removed(TargetState state);

class Witness {
 public:
  Witness(Scheduler& scheduler, Story& story, Internet& internet, const Weather& weather);

  void committed(const Process& writer, const std::vector<RowChange>& changes);
  void sent(const Internet::Request& request);
  void taken(const Internet::Request& request, bool joined);

  // Processes as workers call themselves; a worker that is not listed here is dead.
  void worker_is(const std::string& owner, ProcessPtr process) { workers_[owner] = process; }
  // Nobody may send for this workspace what was not approved.
  void needs_approval(const base::WorkspaceId& workspace) { approving_.insert(workspace.value); }

  // The first promise that was broken; empty: none.
  const std::string& violation() const { return violation_; }

  struct Target {
    int number = 0;  // how the story calls it
    std::string id;
    std::string post;
    std::string workspace;
    std::string account;  // id
    std::string network;
    std::string key;
    int part = 0;
    bool whole = true;
    std::string previous;
    TargetState state = TargetState::draft;
    std::int64_t fence = 0;
    std::string owner;
    std::optional<base::Instant> lease_until;
    std::optional<base::Instant> due_at;
    std::string attempt;
    std::int64_t uncertain = 0;
    std::optional<base::Instant> claimed_at;
    std::string text;           // that it says now
    std::string approved_text;  // that somebody has agreed to
    int consents = 0;           // a person said: send it again
    bool said_published = false;
    std::string remote_id;
  };
  const std::map<std::string, Target>& targets() const { return targets_; }
  // Targets that still wait for a worker or a look-up, not for a person.
  std::size_t unfinished() const;
  // All is quiet: what is stored is what the receivers have.
  void check_the_end();
  void break_promise(std::string what);

 private:
  struct Post {
    std::string workspace;
    std::vector<posts::Part> parts;
    std::vector<posts::Variant> variants;
  };
  struct Attempt {
    std::string target;
    std::string frozen;
    std::string story;
  };
  // By target, what a commit tells of it.
  using Told = std::map<std::string, std::string>;

  Told read_timeline(const std::vector<RowChange>& changes);
  void read_post(std::int64_t row);
  void read_attempt(std::int64_t row, Told& told);
  void read_account(std::int64_t row);
  void read_target(const Process& writer, std::int64_t row, const Told& told);
  void target_gone(const Process& writer, std::int64_t row);
  void changed(const Process& writer, const Target& before, Target& after, const Told& told,
               std::string_view reason);
  void check_transition(const Process& writer, const Target& before, const Target& after);
  void check_owner(const Process& writer, const Target& before, const Target& after);
  void check_edit(const Process& writer, const Target& before, const Target& after);
  void check_order(const Target& target);
  void check_budgets(const Internet::Request& request);
  void check_text(const Internet::Request& request, const Target& target);
  std::string text_of(const Target& target) const;
  Target* by_key(const std::string& key);
  std::string name(const Target& target) const;

  Scheduler& scheduler_;
  Story& story_;
  Internet& internet_;
  bool strange_clocks_;
  bool renewals_hold_;  // nobody is frozen past the lease of a renewal
  std::map<std::string, ProcessPtr> workers_;
  std::set<std::string> approving_;
  std::map<std::int64_t, std::string> rows_;  // rowid of a target -> its id
  std::map<std::string, Target> targets_;
  std::map<std::string, std::string> keys_;  // key -> id
  std::map<std::string, Post> posts_;
  std::map<std::string, Attempt> attempts_;
  std::map<std::string, std::string> account_states_;  // by remote id
  struct Use {
    base::Instant at;
    std::int64_t posts = 0;
  };
  std::map<std::string, std::vector<Use>> uses_;  // of each account, by its remote id
  int numbers_ = 0;
  std::string violation_;
};

}  // namespace sim
