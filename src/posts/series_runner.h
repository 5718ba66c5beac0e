// The job that makes posts of series: one process at a time, under a lease. Two that both believe
// they hold it do no harm: each occurrence has a key of its own.
#pragma once

#include "jobs/leases.h"
#include "posts/series.h"

namespace posts {

class SeriesRunner {
 public:
  static constexpr std::chrono::seconds every{15};
  static constexpr std::chrono::seconds lease_ttl{60};

  SeriesRunner(Series& series, jobs::Leases& leases) : series_(series), leases_(leases) {}

  // Until cancelled.
  io::Task<> run();
  // One turn; false when another process holds the lease.
  io::Task<bool> turn();

 private:
  Series& series_;
  jobs::Leases& leases_;
};

}  // namespace posts
