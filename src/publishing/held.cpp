// The leases of what a worker holds.
#include "db/given.h"
#include "publishing/store.h"

#include <fmt/format.h>

namespace publishing {

io::Task<Store::Renewed> Store::renew(std::vector<base::TargetId> ids, base::Instant lease_until) {
  Renewed renewed;
  constexpr std::size_t ids_per_statement = 1'000;
  // What a commit of ours is just changing is locked: passed over, or the two could wait for each
  // other; then asked about once more.
  constexpr std::string_view ours =
      "lease_owner = {} AND state IN ('claimed', 'sending', 'unknown')";
  for (std::size_t first = 0; first < ids.size(); first += ids_per_statement) {
    const std::size_t end = std::min(ids.size(), first + ids_per_statement);
    db::GivenRows given(database_.dialect(), {{"id", db::Column::text}});
    for (std::size_t i = first; i < end; ++i) given.add({ids[i]});
    const std::string owner = given.parameter(owner_);
    const std::string until = given.parameter(lease_until);
    auto rows = co_await database_.execute(
        fmt::format("WITH {}, free AS MATERIALIZED (SELECT id FROM targets WHERE id IN (SELECT id"
                    " FROM given) AND {}{}) UPDATE targets SET lease_until = {} WHERE id IN"
                    " (SELECT id FROM free) RETURNING id",
                    given.table(), fmt::format(fmt::runtime(ours), owner), database_.skip_locked(),
                    until),
        given.take());
    for (const db::Row& row : rows) renewed.renewed.insert(row[0].id<base::TargetId>());
    if (rows.size() == end - first) continue;
    db::GivenRows asked(database_.dialect(), {{"id", db::Column::text}});
    for (std::size_t i = first; i < end; ++i) {
      if (!renewed.renewed.contains(ids[i])) asked.add({ids[i]});
    }
    const std::string same_owner = asked.parameter(owner_);
    auto kept = co_await database_.execute(
        fmt::format("WITH {} SELECT id FROM targets WHERE id IN (SELECT id FROM given) AND {}",
                    asked.table(), fmt::format(fmt::runtime(ours), same_owner)),
        asked.take());
    for (const db::Row& row : kept) renewed.busy.insert(row[0].id<base::TargetId>());
  }
  co_return renewed;
}

}  // namespace publishing
