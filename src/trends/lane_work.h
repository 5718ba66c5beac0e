// LaneWork: one detector at work, with what belongs to it. A part of the service.
//
// A live lane lives by the wall clock; a separate one by the times of its mentions, which never go
// back. Whoever touches the detector holds the gate, because feeding, ticking and saving may each
// run on a helper thread.
#pragma once

#include "io/task.h"
#include "trends/detector.h"
#include "trends/history.h"
#include "trends/tick_summary.h"
#include "trends/trend_store.h"

#include <memory>
#include <string>
#include <vector>

namespace trends {

// Lets one task in at a time. The pass lets the next one in when it goes.
class Gate {
 public:
  explicit Gate(io::Executor executor) : state_(std::make_shared<State>(executor)) {}

 private:
  struct State {
    explicit State(const io::Executor& executor) : freed(executor) {}
    bool taken = false;
    io::Event freed;
  };

 public:
  class Pass {
   public:
    explicit Pass(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Pass(Pass&&) noexcept = default;
    Pass& operator=(Pass&&) = delete;
    Pass(const Pass&) = delete;
    ~Pass();

   private:
    std::shared_ptr<State> state_;
  };

  io::Task<Pass> enter();

 private:
  std::shared_ptr<State> state_;
};

class LaneWork {
 public:
  LaneWork(io::Executor executor, Lane lane, std::string run, DetectorOptions options);

  // Counts mentions of a live lane as of `now`. CPU-heavy when there are many.
  void feed(TickSummary& mentions, base::Instant now);
  // Counts mentions of a separate lane and lets its time pass up to the last of them. CPU-heavy:
  // for io::offload.
  void feed_in_own_time(const std::string& source, std::vector<Mention> mentions);
  // The ranked list as of the lane's time; a live lane ticks to `now` first. CPU-heavy.
  std::vector<Trend> rank(base::Instant now, std::size_t limit);

  // Compressed, for the database. CPU-heavy.
  std::string snapshot() const;
  base::Result<void> restore(std::string_view compressed);

  // Mentions, since the first start of the lane.
  std::uint64_t counted() const { return detector_.stats().mentions; }
  bool is_live() const { return lane.name == live_lane; }

  Lane lane;
  std::string run;  // of the reader that feeds a separate lane
  StoryBook book;
  Gate gate;
  bool changed = false;  // since the last rank()
  base::Instant ranked_at = {};
  std::vector<History::Post> gone;  // taken back at their sources; still to leave the stories

 private:
  Detector detector_;
  RecentIds counted_lately_{100'000};
  base::Instant next_tick_ = {};
};

}  // namespace trends
