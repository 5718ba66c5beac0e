// What no single process can say of itself, as metrics: who is alive, and how long the certificate
// of the public address lasts. Two supervised tasks of a backend, for ever.
#pragma once

#include "db/database.h"
#include "jobs/leases.h"

#include <string>

namespace app {

// processes_alive{role}, by the heartbeats in the database; with PostgreSQL db_replicas and
// db_replica_lag_bytes, as the primary sees them.
io::Task<> watch_fleet(db::Database& database, const base::Clock& clock);

// certificate_days_left of PUBLIC_URL. One process of the fleet asks, whoever holds the lease; the
// others expose no number (NaN). Returns at once when the address is not https.
io::Task<> watch_certificate(jobs::Leases& leases, const base::Clock& clock,
                             std::string public_url);

}  // namespace app
