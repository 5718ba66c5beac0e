#include "seeding.h"

#include "accounts/accounts.h"
#include "base/crypto.h"
#include "base/id.h"
#include "base/text.h"

#include <fmt/format.h>

namespace bench {

namespace {

constexpr std::int64_t rows_at_once = 500;

// "($1, $2), ($3, $4)"
std::string placeholders(std::int64_t rows, std::size_t columns, std::string_view rest) {
  std::string sql;
  std::size_t next = 1;
  for (std::int64_t row = 0; row < rows; ++row) {
    sql += row == 0 ? "(" : ", (";
    for (std::size_t column = 0; column < columns; ++column) {
      sql += fmt::format("{}${}", column == 0 ? "" : ", ", next++);
    }
    sql += fmt::format("{})", rest);
  }
  return sql;
}

io::Task<std::vector<base::AccountId>> seed_accounts(db::Database& database,
                                                     base::WorkspaceId workspace, Wish wish) {
  const base::SystemClock clock;
  const auto vault = base::Vault::parse(app_key);
  accounts::Accounts accounts(database, clock, *vault);
  std::vector<base::AccountId> ids;
  for (std::int64_t i = 0; i < wish.accounts; ++i) {
    networks::Identity identity{.remote_id = fmt::format("account-{}", i),
                                .handle = fmt::format("@account{}@instant.example", i),
                                .display_name = fmt::format("Account {}", i),
                                .details = wish.details,
                                .credentials = wish.credentials};
    identity.credentials["token"] = base::random_token();
    auto view = co_await accounts.connect(workspace, wish.network, std::move(identity));
    if (!view) throw std::runtime_error(view.error().message);
    ids.push_back(view->id);
  }
  co_return ids;
}

io::Task<> insert_some(db::Database& database, base::WorkspaceId workspace, std::int64_t count,
                       std::vector<base::AccountId> accounts, std::int64_t first, Wish wish) {
  db::Params posts;
  db::Params targets;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto post = base::PostId::make();
    const std::size_t account = static_cast<std::size_t>(first + i) % accounts.size();
    const std::string text = fmt::format(
        "Post number {}, of about the length that people write: one sentence of news, "
        "one of why it matters, and a link at the end. https://example.com/{}",
        first + i, first + i);
    posts.insert(posts.end(), {post, networks::json::serialize(networks::json::array{
                                         {{"text", text}, {"media", networks::json::array{}}}})});
    targets.insert(targets.end(),
                   {base::TargetId::make(), post, accounts[account],
                    fmt::format("@account{}@instant.example", account),
                    base::hex(base::random_bytes(16)), base::hex(base::random_bytes(16))});
  }
  const std::int64_t due = base::to_micros(wish.due);
  auto tx = co_await database.begin();
  co_await tx->execute(
      "INSERT INTO posts (id, parts, workspace_id, author_id, variants, language, when_type,"
      " due_at, time_zone, too_late, too_late_after, search_text, version, created_at, updated_at)"
      " VALUES " +
          placeholders(count, 2,
                       fmt::format(", '{}', 'nobody', '[]', 'en', 'at', {}, 'UTC', 'publish',"
                                   " 3600, '', 1, {}, {}",
                                   workspace.value, due, due, due)),
      std::move(posts));
  co_await tx->execute(
      "INSERT INTO targets (id, post_id, account_id, account_handle, text_hash, publish_key,"
      " workspace_id, network, part, whole, state, state_reason, due_at, ready_at, too_late,"
      " too_late_after, created_at, updated_at) VALUES " +
          placeholders(count, 6,
                       fmt::format(", '{}', '{}', 0, 1, 'scheduled', '', {}, {}, 'publish', 3600,"
                                   " {}, {}",
                                   workspace.value, wish.network, due, due, due, due)),
      std::move(targets));
  co_await tx->commit();
}

}  // namespace

io::Task<> seed(db::Database& database, Wish wish) {
  const auto workspace = base::WorkspaceId::make();
  co_await database.execute(
      "INSERT INTO workspaces (id, name, time_zone, created_at, updated_at)"
      " VALUES ($1, 'Benchmark', 'UTC', 0, 0)",
      {workspace});
  const auto accounts = co_await seed_accounts(database, workspace, wish);
  for (std::int64_t first = 0; first < wish.targets; first += rows_at_once) {
    co_await insert_some(database, workspace, std::min(rows_at_once, wish.targets - first),
                         accounts, first, wish);
  }
}

io::Task<> store_more(db::Database& database, std::int64_t stored) {
  // Ids that grow, as real ones do; those of other rows come after them.
  const bool postgres = database.dialect() == db::Dialect::postgres;
  const std::string id = postgres ? "'00000000-0000-7000-8000-' || LPAD(TO_HEX(n), 12, '0')"
                                  : "'00000000-0000-7000-8000-' || PRINTF('%012x', n)";
  constexpr std::int64_t at_once = 100'000;
  constexpr std::int64_t far_ahead = 4'000'000'000'000'000;  // in the year 2096
  for (std::int64_t first = 0; first < stored; first += at_once) {
    const std::int64_t end = std::min(stored, first + at_once);
    const std::string numbers = fmt::format(
        "WITH RECURSIVE numbers (n) AS (SELECT {} UNION ALL SELECT n + 1 FROM numbers"
        " WHERE n + 1 < {})",
        first, end);
    co_await database.execute(fmt::format(
        "INSERT INTO posts (id, parts, workspace_id, author_id, variants, language, when_type,"
        " due_at, time_zone, too_late, too_late_after, search_text, version, created_at,"
        " updated_at) {} SELECT {}, '[]', 'stored', 'nobody', '[]', 'en', 'at', {} + n, 'UTC',"
        " 'publish', 3600, '', 1, 0, 0 FROM numbers",
        numbers, id, far_ahead));
    co_await database.execute(fmt::format(
        "INSERT INTO targets (id, post_id, account_id, account_handle, text_hash, publish_key,"
        " workspace_id, network, part, whole, state, state_reason, due_at, ready_at, too_late,"
        " too_late_after, created_at, updated_at) {0} SELECT {1}, {1},"
        " 'account-' || (n % 1000), '', {1}, {1}, 'stored', 'instant', 0, 1,"
        " CASE WHEN n % 2 = 0 THEN 'published' ELSE 'scheduled' END, '', {2} + n,"
        " CASE WHEN n % 2 = 0 THEN NULL ELSE {2} + n END, 'publish', 3600, 0, 0 FROM numbers",
        numbers, id, far_ahead));
  }
  if (postgres) {
    for (const char* table : {"targets", "queue"}) {
      co_await database.execute(fmt::format("ANALYZE {}", table));
    }
  }
}

}  // namespace bench
