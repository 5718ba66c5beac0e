// What a network lets one account publish in a span of time, in words for people, and whether a
// schedule keeps within it. The worker enforces it (publishing/budgets.h); here it is said
// beforehand, while the person who schedules can still choose another time.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "db/database.h"
#include "networks/network.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posts {

// "Bluesky allows 1666 posts in an hour"
std::string in_words(std::string_view network_label, const networks::Budget& budget);

struct Planned {
  base::Instant due;
  std::int64_t posts = 1;            // for the network: the parts of a thread
  std::optional<base::PostId> self;  // the post itself, when it is there already
};

// What to tell whoever schedules it: that all that is planned for the account around that time is
// more than the network allows. Nothing when it fits. Of several spans the longest is named.
io::Task<std::optional<std::string>> quota_warning(db::Session& session,
                                                   const networks::Network& network,
                                                   networks::Account account, Planned planned);

}  // namespace posts
