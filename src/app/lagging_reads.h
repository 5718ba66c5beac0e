// The reads of a backend that go to a replica: the domains once more, upon db::ReplicaReads, and
// the table of which routes these are. A part of Modules; made only when a replica is named.
#pragma once

#include "accounts/services.h"
#include "app/doors.h"
#include "app/process.h"
#include "app/read_routing.h"
#include "media/media.h"
#include "posts/posts.h"
#include "publishing/feed.h"

namespace app {

class LaggingReads {
 public:
  struct Parts {
    accounts::Services& accounts;  // at the primary: whose events tell what has changed
    posts::Checks& checks;
    media::Media& media;
  };
  LaggingReads(Process& process, Doors& doors, db::ReplicaReads& reads, Parts parts);
  LaggingReads(const LaggingReads&) = delete;
  LaggingReads& operator=(const LaggingReads&) = delete;

  // Adds the filter, which must stand behind authentication, and starts what it needs.
  void add(Process& process);

 private:
  accounts::Services accounts_;
  posts::Slots slots_;
  posts::Posts posts_;
  publishing::FeedStore feeds_;
  http::Router router_;
  ReadRouting routing_;
  accounts::Events& events_;
};

}  // namespace app
