#include "jobs/leases.h"

namespace jobs {

Leases::Leases(db::Database& database, const base::Clock& clock, std::string owner)
    : database_(database), clock_(clock), owner_(std::move(owner)) {}

io::Task<std::optional<Lease>> Leases::acquire(std::string name, std::chrono::milliseconds ttl) {
  const base::Instant now = clock_.now();
  const base::Instant until = now + ttl;
  const db::Rows rows = co_await database_.execute(
      "-- leases.acquire\n"
      "INSERT INTO leases (name, owner, fence, lease_until) VALUES ($1, $2, 1, $3) "
      "ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, "
      "lease_until = excluded.lease_until, fence = leases.fence + CASE "
      "WHEN leases.owner = excluded.owner AND leases.lease_until >= $4 THEN 0 ELSE 1 END "
      "WHERE leases.lease_until < $4 OR leases.owner = excluded.owner RETURNING fence",
      {name, owner_, until, now});
  if (rows.empty()) co_return std::nullopt;
  co_return Lease{.name = std::move(name),
                  .owner = owner_,
                  .fence = rows[0]["fence"].integer(),
                  .until = until};
}

io::Task<bool> Leases::renew(Lease& lease, std::chrono::milliseconds ttl) {
  const base::Instant until = clock_.now() + ttl;
  // One that ran out is still ours while the fence is: nobody has had it since.
  const db::Rows rows = co_await database_.execute(
      "-- leases.renew\n"
      "UPDATE leases SET lease_until = $1 WHERE name = $2 AND owner = $3 AND fence = $4",
      {until, lease.name, lease.owner, lease.fence});
  if (rows.affected == 0) co_return false;
  lease.until = until;
  co_return true;
}

io::Task<> Leases::release(Lease lease) {
  co_await database_.execute(
      "-- leases.release\n"
      "UPDATE leases SET lease_until = 0, owner = '' "
      "WHERE name = $1 AND owner = $2 AND fence = $3",
      {lease.name, lease.owner, lease.fence});
}

}  // namespace jobs
