#include "publishing/found_posts.h"

namespace publishing {

io::Task<bool> FoundPosts::claim(Finder finder, std::string remote_id, base::Instant now) {
  // Parts of threads have one hash for all their texts.
  const auto rows = co_await database_.execute(
      "INSERT INTO found_posts (account_id, remote_id, target_id, found_at)"
      " SELECT own.account_id, CAST($2 AS TEXT), own.id, CAST($3 AS BIGINT) FROM targets AS own "
      "WHERE own.id = $1"
      " AND own.state = 'unknown' AND own.fence = $4 AND NOT EXISTS (SELECT 1 FROM targets AS other"
      " WHERE other.account_id = own.account_id AND other.id <> own.id AND (other.remote_id = $2"
      " OR (other.state = 'sending' AND (other.text_hash = own.text_hash OR other.whole = 0"
      " OR own.whole = 0))))"
      " ON CONFLICT (account_id, remote_id) DO UPDATE SET found_at = excluded.found_at"
      " WHERE found_posts.target_id = excluded.target_id RETURNING target_id",
      {finder.target, remote_id, now, finder.fence});
  co_return !rows.empty();
}

io::Task<bool> OtherTargets::include(base::AccountId account, std::string remote_id) {
  const auto rows = co_await database_.execute(
      "SELECT 1 FROM targets WHERE account_id = $1 AND remote_id = $2 AND id <> $3 UNION ALL"
      " SELECT 1 FROM found_posts WHERE account_id = $1 AND remote_id = $2 AND target_id <> $3"
      " LIMIT 1",
      {account, remote_id, own_});
  co_return !rows.empty();
}

}  // namespace publishing
