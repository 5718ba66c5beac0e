// Where a request reads from when there is a replica (db/replica_reads.h): a filter that hands
// reads that may lag to a second router, whose handlers are bound to the replica.
//
// Nobody misses what he wrote. Every change answers with the place of the database's log that it
// lies below, as the header X-Database-Position and, for a browser, as a cookie; a read that brings
// one goes to the replica only when that has replayed so much. What others did in a workspace is in
// every read of this process that follows its live event. A script that sends no header reads at
// the primary: it may have written through another process. Not thread-safe: one per loop;
// outlives the server.
#pragma once

#include "base/id.h"
#include "db/replica_reads.h"
#include "http/router.h"

#include <chrono>
#include <map>
#include <set>
#include <string>

namespace app {

class ReadRouting {
 public:
  static constexpr const char* header = "X-Database-Position";
  static constexpr const char* cookie = "position";

  // Those routes of `lagging` whose patterns are named; it has no filters of its own.
  ReadRouting(io::Executor executor, db::ReplicaReads& reads, const http::Router& lagging,
              std::set<std::string, std::less<>> patterns);

  // After authentication.
  http::Filter filter();

  // Something has just been changed there: reads wait for the replica to have it.
  void changed(const base::WorkspaceId& workspace);
  // Finds out where such changes lie, until it is cancelled: one supervised task.
  io::Task<> settle();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Needed {
    db::Position position;
    SteadyTime since;
  };

  io::Task<http::Response> handle(http::Request request, http::Handler next);
  io::Task<http::Response> change(http::Request request, http::Handler next);
  io::Task<bool> may_lag(const http::Request& request);
  void need(const base::WorkspaceId& workspace, db::Position position);

  db::ReplicaReads& reads_;
  const http::Router& lagging_;
  const std::set<std::string, std::less<>> patterns_;
  std::map<base::WorkspaceId, Needed> needed_;
  // Changed at a place that is not known yet: noted, and being asked about.
  std::set<base::WorkspaceId> noted_;
  std::set<base::WorkspaceId> asked_;
  io::Event has_noted_;
};

}  // namespace app
