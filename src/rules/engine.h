// The engine: looks at what is rising and at what feeds brought, and does what rules say.
//
// One process at a time works under a lease. Two that both believe they hold it do no harm: what a
// rule does about a story is one transaction (post, guard, notice, run) that only one of them can
// commit. Captions are made before it, for they take long. Not thread-safe: one per loop.
#pragma once

#include "accounts/principal.h"
#include "captions/captioning.h"
#include "jobs/leases.h"
#include "notices/notices.h"
#include "posts/posts.h"
#include "rules/store.h"
#include "topics/lists.h"
#include "trends/board.h"
#include "trends/filters.h"

#include <string>
#include <vector>

namespace rules {

class Engine {
 public:
  static constexpr std::chrono::seconds every{15};
  static constexpr int tries_max = 3;

  struct Doors {
    db::Database& database;
    const base::Clock& clock;
    jobs::Leases& leases;
    topics::Lists& lists;
    trends::Board& board;
    captions::Captioning& captioning;
    posts::Posts& posts;
    notices::Notices& notices;
  };
  Engine(Doors doors, Store& store)
      : doors_(doors), store_(store), filters_(doors.database, doors.clock) {}

  // Until cancelled.
  io::Task<> run();
  // One turn, also without the lease; how often rules acted.
  io::Task<std::size_t> turn();

  // What the rule would have done in the last days, oldest first; nothing is changed.
  struct Would {
    Story story;
    base::Instant at;
    std::optional<std::string> why_not;
  };
  io::Task<base::Result<std::vector<Would>>> dry_run(base::WorkspaceId workspace, Rule rule,
                                                     std::chrono::days days);

 private:
  using Current = std::vector<trends::Board::Current>;

  io::Task<std::size_t> apply(StoredRule rule, const Current& current);
  io::Task<std::vector<Story>> stories(const StoredRule& rule, const Current& current);
  io::Task<bool> act(StoredRule rule, Story story, Run run);
  io::Task<base::Result<void>> carry_out(StoredRule rule, Story story);
  io::Task<base::Result<posts::PostInput>> write(const StoredRule& rule, const Story& story);
  io::Task<base::Result<std::string>> caption(const StoredRule& rule, const Story& story,
                                              base::AccountId account);
  // Everything of an action but the post itself, in its transaction.
  io::Task<base::Result<void>> settle(db::Session& session, StoredRule rule, Story story,
                                      std::optional<base::PostId> post);
  io::Task<> hold_for_approval(db::Session& session, base::PostId post, std::string name);

  Doors doors_;
  Store& store_;
  trends::FilterStore filters_;  // what a workspace does not want to see, no rule acts upon
};

}  // namespace rules
