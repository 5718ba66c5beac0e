// What CloudWatch needs to scale and alarm by: a log line each minute in its embedded metric
// format, which the awslogs driver turns into metrics. No AWS library, no credentials.
//
// One process of the fleet writes it, whoever holds the lease; every worker may run this.
#pragma once

#include "base/time.h"
#include "db/database.h"
#include "jobs/leases.h"
#include "publishing/scaling.h"

#include <string>

namespace app {

inline constexpr std::chrono::seconds cloudwatch_every{60};

// The value of "_aws": namespace SocialTrend, dimension Cluster, metrics backlog, overdue,
// lateness_seconds, workers and advised_workers, whose values stand beside it in the line.
boost::json::object cloudwatch_header(base::Instant now);

// Writes a line when this process holds the lease. For ever; the services outlive the task.
io::Task<> write_cloudwatch_metrics(db::Database& database, const base::Clock& clock,
                                    jobs::Leases& leases, std::string cluster);

}  // namespace app
