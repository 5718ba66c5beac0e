// Stream: all traffic together, the measure that topics are compared with.
//
// Its amount in a step is the number of authors who were active, each counted once per half hour:
// what an author does within half an hour says nothing about the size of the audience. Counted by a
// bitmap of a quarter million places that is cleared every half hour and sampled when it fills
// (unbiased, about 0.2 % off for a million authors).
#pragma once

#include "trends/lazy_array.h"
#include "trends/timeline.h"

#include <cstdint>

namespace trends {

class Stream {
 public:
  explicit Stream(double half_life) : half_life_(half_life), bits_(places / 64) {}

  void count(Step step, std::uint64_t author);
  void advance(Step step);

  // With everything counted so far.
  const StreamTimeline& timeline() const { return timeline_; }

  template <class Visitor>
  void archive(Visitor& visitor);

 private:
  static constexpr std::uint64_t places = 1 << 18;

  double insert(std::uint64_t print);

  double half_life_;  // in half hours
  StreamTimeline timeline_{};
  LazyArray<std::uint64_t> bits_;
  std::uint64_t ones_ = 0;
  std::uint32_t level_ = 0;
};

}  // namespace trends
