// The rows that publishing works on: claims, write-ahead attempts and outcomes. SQL only; which
// change is allowed when is machine.h.
//
// Every change is guarded by the fencing number and the state that the caller has seen, so of two
// workers that both believe they hold a target only one can write; the other is told so. A claim
// raises the fence. All of a batch, with its attempts and timeline, is one transaction.
//
// Finding what is due costs with what is due: every query here starts from the queue_* views
// (migration 0011), which have only what is to be looked at.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "db/database.h"
#include "networks/network.h"
#include "posts/post.h"
#include "publishing/machine.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace publishing {

namespace json = boost::json;

// A target as a worker holds it.
struct Work {
  base::TargetId id;
  base::PostId post;
  base::WorkspaceId workspace;
  base::AccountId account;
  std::string handle;
  std::string network;
  int part = 0;
  bool whole = true;  // all parts in one request
  std::optional<base::TargetId> previous;
  TargetState state = TargetState::scheduled;
  base::Instant due_at;
  base::Instant ready_at;  // when to send: the due time, or that of the next try
  posts::TooLate too_late;
  std::string key;
  std::optional<base::Instant> key_created_at;
  std::int64_t fence = 0;
  std::optional<base::Instant> claimed_at;  // while it is claimed: since when
  std::optional<base::Instant> lease_until;
  std::optional<base::AttemptId> attempt;  // the latest
  int attempt_count = 0;
  int retry_count = 0;
  int lookup_count = 0;
  int unclear_count = 0;
  std::optional<base::Instant> sent_at;
  std::string progress;                        // of preparing: JSON, empty at first
  std::optional<base::Instant> waiting_since;  // for the network, which is busy with its media
};

// What is committed before the first byte goes out.
struct NewAttempt {
  base::AttemptId id;
  std::string frozen;
  base::Instant key_created_at;
};

// One arrow of one target.
struct Change {
  Work work;  // as it was seen: its state and fence are the guard
  Transition next;
  std::optional<NewAttempt> attempt = {};
  std::optional<networks::Published> published = {};
  std::optional<base::Instant> lease_until = {};     // kept till then; else given up
  std::optional<base::Instant> expired_before = {};  // only if the lease ran out before this
  std::string actor = "worker";
  json::object details = {};
};

// Shared with whoever waits for them: a change weighs some kilobytes.
using Changes = std::vector<std::shared_ptr<const Change>>;

// Of each change what its attempt tells of it; nothing: the change was not made.
using Stories = std::vector<std::optional<std::string>>;

struct Backlog {
  std::int64_t waiting = 0;  // due, and with no worker
  std::int64_t claimed = 0;
  std::int64_t sending = 0;
  std::int64_t unknown = 0;
  std::int64_t paused = 0;
  std::int64_t needs_decision = 0;
  std::optional<base::Instant> oldest;  // of those waiting: since when
};

struct PausedAccount {
  base::WorkspaceId workspace;
  base::AccountId account;
};

// Of a join with targets: those that nobody else holds. Whoever changes a target holds its row
// before that of the queue, and so does whoever claims it; "" on SQLite (one writer).
std::string_view skip_locked_targets(const db::Database& database);

class Store {
 public:
  // `owner` names this process; `database` and `clock` outlive the store.
  Store(db::Database& database, const base::Clock& clock, std::string owner);

  // When the next scheduled target (or look-up) is to be worked on; nothing when there is none.
  io::Task<std::optional<base::Instant>> next_ready();
  io::Task<std::optional<base::Instant>> next_lookup();

  // Takes up to `limit` targets that are ready before `until`, the oldest first.
  io::Task<std::vector<Work>> claim(base::Instant until, base::Instant lease_until,
                                    std::size_t limit);
  // The same for look-ups: the state stays unknown, the lease says who asks.
  io::Task<std::vector<Work>> claim_lookups(base::Instant lease_until, std::size_t limit);

  // Which of the changes were made. False: somebody else was faster, or the lease was lost.
  io::Task<std::vector<bool>> apply(Changes changes);
  io::Task<std::vector<bool>> apply(std::vector<Change> changes);
  // After a commit that may or may not have happened: did this change happen?
  io::Task<bool> has_happened(Change change);

  // Of `ids`: those whose leases now end at `lease_until`, and those that are held as before but
  // are just being changed. The others are somebody else's, or over.
  struct Renewed {
    std::set<base::TargetId> renewed;
    std::set<base::TargetId> busy;
  };
  io::Task<Renewed> renew(std::vector<base::TargetId> ids, base::Instant lease_until);

  // For the sweeper.
  io::Task<std::vector<Work>> expired(base::Instant before, std::size_t limit);
  // Of accounts that may publish again, or are gone, in the order of their ids.
  io::Task<std::vector<PausedAccount>> paused_accounts(base::AccountId after, std::size_t limit);
  io::Task<std::vector<Work>> paused_too_late(base::Instant now, std::size_t limit);
  io::Task<std::vector<Work>> paused_targets(base::AccountId account, std::size_t limit);
  io::Task<Backlog> backlog(base::Instant now);

  // What an attempt froze. CHECKs that there is such an attempt.
  io::Task<std::string> frozen(base::AttemptId attempt);
  struct Text {
    std::vector<posts::Part> parts;  // what this target says
    std::string language;
  };
  io::Task<std::optional<Text>> text(Work work);
  // The same for many at once; those of which nothing is there are missing.
  io::Task<std::map<base::TargetId, Text>> texts(std::vector<Work> works);
  // What a reply to the part before needs.
  io::Task<std::optional<json::object>> reference(base::TargetId target);
  // One target of a post, for a person's decision.
  io::Task<std::optional<Work>> find(base::WorkspaceId workspace, base::PostId post,
                                     base::TargetId target);
  // A remark without a change of state.
  io::Task<> note(Work work, std::string event, std::string message);

 private:
  io::Task<std::vector<Work>> read(std::string where, db::Params params);
  io::Task<> write_attempts(db::Session& session, const Changes& changes, const Stories& stories);
  io::Task<> follow_threads(db::Session& session, const Changes& changes,
                            const std::vector<bool>& made);

  db::Database& database_;
  const base::Clock& clock_;
  std::string owner_;
};

}  // namespace publishing
