// Tells which targets have changed, so that pages fetch them again. Of a burst only the beginning
// is told one by one: after that each workspace hears once that much has changed, which costs
// everybody less than thousands of hints.
//
// Hints only: nothing depends on them. Not thread-safe: one per loop.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "io/task.h"

#include <functional>
#include <set>

#include <boost/json.hpp>

namespace publishing {

class News {
 public:
  using Tell = std::function<void(base::WorkspaceId, boost::json::object)>;
  using Sleep = std::function<io::Task<>(base::Duration)>;
  static constexpr std::size_t one_by_one_max = 100;  // in each `slice`
  static constexpr std::chrono::milliseconds slice{250};

  // `tell` may be empty. What is given outlives this.
  News(io::Supervisor& supervisor, const base::Clock& clock, const Tell& tell, const Sleep& sleep);

  void changed(const base::WorkspaceId& workspace, const base::PostId& post,
               const base::TargetId& target);

 private:
  io::Task<> tell_of_many();

  io::Supervisor& supervisor_;
  const base::Clock& clock_;
  const Tell& tell_;
  const Sleep& sleep_;
  base::Instant slice_began_;
  std::size_t told_ = 0;              // since then
  std::set<base::WorkspaceId> many_;  // to be told that much has changed
  bool waiting_ = false;
};

}  // namespace publishing
