// What an autoscaler or a person wants to know: what waits, what falls due soon, who works.
//
// The calendar is the forecast: the advice covers what is due in the next minutes, before it is
// late.
#pragma once

#include "base/time.h"
#include "db/database.h"

#include <cstdint>
#include <vector>

#include <boost/json.hpp>

namespace publishing {

struct DueNext {
  int minutes = 0;  // within so many minutes from now
  std::int64_t targets = 0;
};

struct Scaling {
  std::int64_t backlog = 0;     // due, or in the hands of a worker
  std::int64_t overdue = 0;     // due for more than ten seconds and with no worker
  double lateness_seconds = 0;  // of the oldest of them
  std::vector<DueNext> due_next;
  std::int64_t workers = 0;  // alive, by their heartbeats
  std::int64_t advised_workers = 0;
};

// What one worker is trusted with, cautiously: networks answer in some hundred milliseconds.
inline constexpr std::int64_t targets_per_worker_second = 50;

// Enough for the backlog within a minute and for the fullest of the coming minutes; pure.
std::int64_t advise(const Scaling& scaling);

io::Task<Scaling> read_scaling(db::Database& database, const base::Clock& clock);

boost::json::object to_json(const Scaling& scaling);

}  // namespace publishing
