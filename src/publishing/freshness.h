// What publishing asks about posts that were made from a trend: a door, filled in by app/.
#pragma once

#include "base/id.h"
#include "io/task.h"
#include "publishing/machine.h"

#include <optional>
#include <set>
#include <vector>

namespace publishing {

class FreshnessDoor {
 public:
  virtual ~FreshnessDoor() = default;
  // Which of these posts are to be looked at before they go out.
  virtual io::Task<std::set<base::PostId>> guarded(std::vector<base::PostId> posts) = 0;
  // Nothing: it may go.
  virtual io::Task<std::optional<event::TrendDied>> look(base::PostId post,
                                                         base::TargetId target) = 0;
};

}  // namespace publishing
