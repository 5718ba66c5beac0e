#include "publishing/other_targets.h"

namespace publishing {

io::Task<bool> OtherTargets::include(base::AccountId account, std::string remote_id) {
  const auto rows = co_await database_.execute(
      "SELECT 1 FROM targets WHERE account_id = $1 AND remote_id = $2 AND id <> $3 LIMIT 1",
      {account, remote_id, own_});
  co_return rows.size() > 0;
}

}  // namespace publishing
