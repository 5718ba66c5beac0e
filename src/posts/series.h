// Series: a post that repeats. A series holds content and a rule (recurrence.h) and becomes
// ordinary posts ahead of time, so that what will go out stands in the calendar, can be changed one
// by one and is published by the same way as everything else.
//
// Invariants: each occurrence becomes at most one post, for ever (the key of series_occurrences),
// whichever process looks at it and whatever becomes of the post. What lies in the past when it is
// first looked at does not burst out: at most the latest, under the too-late policy. A post that
// somebody changed alone goes its own way ("apart"): no change of the series touches it any more.
// Approval is given once to the series as it stands, and holds for its posts; an edit takes it
// away. Every change is one transaction; 409 once a worker has a post, 412 for a stale version.
//
// Not thread-safe: one per loop.
#pragma once

#include "accounts/principal.h"
#include "posts/posts.h"
#include "posts/recurrence.h"
#include "posts/series_store.h"
#include "posts/writing.h"

#include <optional>
#include <string>
#include <vector>

namespace posts {

// Posts exist so far ahead, and at most so many of one series.
inline constexpr std::chrono::days series_horizon{60};
inline constexpr std::size_t series_ahead_max = 100;
inline constexpr std::int64_t series_per_workspace_max = 500;

class Series {
 public:
  using Who = accounts::Principal;
  using Version = Posts::Version;

  Series(db::Database& database, const base::Clock& clock, Checks& checks, Slots& slots,
         Signals signals);

  io::Task<base::Result<SeriesRow>> create(Who who, SeriesInput input);
  // All occurrences that are still to come; with `from` that one and those after it, which become a
  // series of their own. Answers with the series that is in force then.
  io::Task<base::Result<SeriesRow>> replace(Who who, std::string id, SeriesInput input,
                                            std::string from, Version version);
  // No occurrence at or after `from` (empty: now); what waits of those is called off.
  io::Task<base::Result<SeriesRow>> stop(Who who, std::string id, std::string from,
                                         Version version);
  io::Task<base::Result<SeriesRow>> approve(Who who, std::string id, Version version);
  // Stops it with the reason; an edit begins it again.
  io::Task<base::Result<SeriesRow>> reject(Who who, std::string id, std::string reason,
                                           Version version);
  // Only what is over; its posts stay.
  io::Task<base::Result<void>> remove(Who who, std::string id, Version version);

  io::Task<base::Result<SeriesRow>> get(base::WorkspaceId workspace, std::string id);
  io::Task<std::vector<SeriesRow>> list(base::WorkspaceId workspace, SeriesFilter filter);

  // Makes posts of what came within reach; the number of series that were looked at. Called by the
  // holder of the lease (series_runner.h); repeating it changes nothing.
  io::Task<std::size_t> expand_due(std::size_t limit);

 private:
  // What a transaction about one series works with.
  struct Hand {
    SeriesRow row;
    Checked checked;
    Standing standing;
    base::Instant now;
  };

  io::Task<base::Result<Checked>> checked(base::WorkspaceId workspace, const SeriesInput& input);
  io::Task<base::Result<SeriesRow>> locked(db::Session& session, base::WorkspaceId workspace,
                                           std::string id, Version version);
  // The series, locked for a change, with how the person stands to it.
  io::Task<base::Result<Hand>> taken_up(db::Session& session, Who who, std::string id,
                                        Version version);
  // The next posts of a series, and when to look again; changes `hand.row`.
  io::Task<base::Result<void>> expand(db::Session& session, Hand& hand);
  io::Task<base::Result<void>> write_occurrence(db::Session& session, const Hand& hand,
                                                OccurrenceTime time, TooLate too_late);
  // Brings the waiting posts to what the series says now; those it no longer has go.
  io::Task<base::Result<void>> rewrite_posts(db::Session& session, Hand& hand);
  io::Task<base::Result<void>> rewrite_post(db::Session& session, const Hand& hand, Post post,
                                            OccurrenceTime time, TooLate too_late);
  io::Task<> call_off(db::Session& session, const Hand& hand, std::string from,
                      std::string message);
  io::Task<> expand_one(SeriesRow seen);
  io::Task<base::Result<SeriesRow>> finish(base::WorkspaceId workspace, std::string id);

  db::Database& database_;
  const base::Clock& clock_;
  Checks& checks_;
  Slots& slots_;
  Signals signals_;
};

// How late an occurrence may go out: the policy of the series, but never so late that the one after
// it is due, so that an outage ends with one post and not with a burst of old ones.
TooLate too_late_of_occurrence(TooLate policy, base::Instant at,
                               std::optional<base::Instant> following);

}  // namespace posts
