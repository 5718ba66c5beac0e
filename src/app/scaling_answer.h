// GET /api/scaling, for autoscalers and people: open like /metrics, so whoever asks and however
// often, the database is asked at most every other second. Outlives the server.
#pragma once

#include "db/database.h"
#include "http/router.h"
#include "io/memo.h"
#include "publishing/scaling.h"

namespace app {

class ScalingAnswer {
 public:
  // The numbers may lag: `reads` may be a replica.
  ScalingAnswer(io::Executor executor, db::Database& reads, const base::Clock& clock);

  io::Task<http::Response> get();

 private:
  db::Database& reads_;
  const base::Clock& clock_;
  io::Memo<publishing::Scaling> memo_;
};

}  // namespace app
