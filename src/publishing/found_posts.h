// Whose is a post that a look-up has found? The same words may be said twice by one account, and
// two workers may look both up at once: the first to claim the post has it, and the other one looks
// again. What is being sent with the same words at that moment goes first too, for the network's
// own answer to it, which is still on its way, may name this very post.
//
// Only for networks that are searched by words (class B): others know a post by its key, and what
// they call it need not be unique. SQL only.
#pragma once

#include "base/time.h"
#include "db/database.h"
#include "networks/network.h"

#include <cstdint>
#include <string>

namespace publishing {

// Who asks: a target that is unknown, by this fence.
struct Finder {
  base::TargetId target;
  std::int64_t fence = 0;
};

class FoundPosts {
 public:
  explicit FoundPosts(db::Database& database) : database_(database) {}

  // False: it is another target's, or may be; or this one is not the finder's any more.
  io::Task<bool> claim(Finder finder, std::string remote_id, base::Instant now);

 private:
  db::Database& database_;
};

// What is known to be another target's is not taken for ours.
class OtherTargets final : public networks::OtherPosts {
 public:
  OtherTargets(db::Database& database, base::TargetId own) : database_(database), own_(own) {}

  io::Task<bool> include(base::AccountId account, std::string remote_id) override;

 private:
  db::Database& database_;
  base::TargetId own_;
};

}  // namespace publishing
