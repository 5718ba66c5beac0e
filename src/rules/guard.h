// The freshness guard: looks at the trend of a post once more just before it goes out.
//
// A door for publishing::Worker. Only posts in post_guards are asked about; a target that was held
// once goes out when a person says so. When nothing is known (no process reads the sources) a
// person is asked, whatever the policy. Not thread-safe: one per loop.
#pragma once

#include "publishing/freshness.h"
#include "trends/board.h"

namespace rules {

class Guard final : public publishing::FreshnessDoor {
 public:
  Guard(db::Database& database, const base::Clock& clock, trends::Board& board)
      : database_(database), clock_(clock), board_(board) {}

  io::Task<std::set<base::PostId>> guarded(std::vector<base::PostId> posts) override;
  io::Task<std::optional<publishing::event::TrendDied>> look(base::PostId post,
                                                             base::TargetId target) override;

 private:
  // Why it is not fresh; nothing when it is.
  io::Task<std::optional<std::string>> trouble_of(std::string trend, double score_min);
  io::Task<bool> lists_are_made();

  db::Database& database_;
  const base::Clock& clock_;
  trends::Board& board_;
};

}  // namespace rules
