#include "app/lagging_reads.h"

#include "accounts/routes.h"
#include "posts/routes.h"

namespace app {
namespace {

// Lists, the board and the calendar, timelines, the audit trail, and the feeds that strangers read.
// Not single things: who opens one may be about to change it, with the version that he sees.
std::set<std::string, std::less<>> lagging_patterns() {
  return {"/api/posts",
          "/api/posts/{id}/timeline",
          "/api/accounts",
          "/api/audit",
          "/feeds/{account}/rss.xml",
          "/feeds/{account}/atom.xml",
          "/feeds/{account}/feed.json",
          "/feeds/{account}/feed.rss",
          "/feeds/{account}/feed.atom"};
}

}  // namespace

LaggingReads::LaggingReads(Process& process, Doors& doors, db::ReplicaReads& reads, Parts parts)
    : accounts_(process.loop.get_executor(), reads, process.clock, doors.vault,
                process.settings.accounts),
      slots_(reads, process.clock),
      posts_(reads, process.clock, parts.checks, slots_, {}),
      feeds_(reads, process.clock),
      routing_(process.loop.get_executor(), reads, router_, lagging_patterns()),
      events_(parts.accounts.events) {
  accounts_.public_url = parts.accounts.public_url;
  accounts_.networks = parts.accounts.networks;
  accounts::bind(router_, accounts_);
  posts::bind(router_, posts_, slots_, parts.media, accounts_.accounts, reads);
  publishing::bind_feeds(router_, feeds_, process.settings.public_url);
}

void LaggingReads::add(Process& process) {
  process.router->filter(routing_.filter());
  events_.on_delivery([this](const base::WorkspaceId& workspace) { routing_.changed(workspace); });
  process.tasks.start("read-routing", [this] { return routing_.settle(); });
}

}  // namespace app
