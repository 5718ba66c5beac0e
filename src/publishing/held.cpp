// The leases of what a worker holds.
#include "db/given.h"
#include "publishing/store.h"

#include <fmt/format.h>

namespace publishing {

io::Task<Store::Renewed> Store::renew(std::vector<base::TargetId> ids, base::Instant lease_until) {
  Renewed renewed;
  constexpr std::size_t ids_per_statement = 1'000;
  // What a commit of ours is just changing is locked: passed over, or the two could wait for each
  // other; then asked about once more. Compared with a column of the given ones: what PostgreSQL
  // believes to know of states is old during a burst, and would have it read the whole table.
  constexpr std::string_view ours =
      "given.owner = CASE WHEN state IN ('claimed', 'sending', 'unknown') THEN lease_owner END";
  for (std::size_t first = 0; first < ids.size(); first += ids_per_statement) {
    const std::size_t end = std::min(ids.size(), first + ids_per_statement);
    const db::GivenRows::Columns columns = {{"id", db::Column::text}, {"owner", db::Column::text}};
    db::GivenRows given(database_.dialect(), columns);
    for (std::size_t i = first; i < end; ++i) given.add({ids[i], owner_});
    const std::string until = given.parameter(lease_until);
    auto rows = co_await database_.execute(
        fmt::format("WITH {}, free AS MATERIALIZED (SELECT targets.id FROM given JOIN targets ON"
                    " targets.id = given.id WHERE {}{}) UPDATE targets SET lease_until = {}"
                    " WHERE id IN (SELECT id FROM free) RETURNING id",
                    given.table(), ours, skip_locked_targets(database_), until),
        given.take());
    for (const db::Row& row : rows) renewed.renewed.insert(row[0].id<base::TargetId>());
    if (rows.size() == end - first) continue;
    db::GivenRows asked(database_.dialect(), columns);
    for (std::size_t i = first; i < end; ++i) {
      if (!renewed.renewed.contains(ids[i])) asked.add({ids[i], owner_});
    }
    auto kept = co_await database_.execute(
        fmt::format("WITH {} SELECT targets.id FROM given JOIN targets ON targets.id = given.id"
                    " WHERE {}",
                    asked.table(), ours),
        asked.take());
    for (const db::Row& row : kept) renewed.busy.insert(row[0].id<base::TargetId>());
  }
  co_return renewed;
}

}  // namespace publishing
