// Named leases: the right of one process to do something alone for a bounded time (read a source,
// expand recurrences).
//
// Every grant has a fencing number that only grows: a holder that slept past its lease has an older
// number than its successor, so guarded writes (WHERE fence = $n) of the sleeper fail.
#pragma once

#include "base/time.h"
#include "db/database.h"

#include <chrono>
#include <optional>
#include <string>

namespace jobs {

struct Lease {
  std::string name;
  std::string owner;
  std::int64_t fence = 0;
  base::Instant until;
};

class Leases {
 public:
  Leases(db::Database& database, const base::Clock& clock, std::string owner);

  // The lease, or nothing when another owner holds it. Taking one's own again keeps the fence.
  io::Task<std::optional<Lease>> acquire(std::string name, std::chrono::milliseconds ttl);
  // False when it was lost in the meantime; then stop at once.
  io::Task<bool> renew(Lease& lease, std::chrono::milliseconds ttl);
  io::Task<> release(Lease lease);

 private:
  db::Database& database_;
  const base::Clock& clock_;
  std::string owner_;
};

}  // namespace jobs
