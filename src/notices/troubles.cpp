#include "notices/troubles.h"

#include <fmt/format.h>

namespace notices {
namespace {

constexpr std::string_view lease_name = "notices.troubles";
constexpr std::chrono::seconds lease_ttl{45};
constexpr int at_once = 100;
constexpr int turns_between_prunes = 240;

}  // namespace

Troubles::Troubles(io::Executor executor, db::Database& database, jobs::Leases& leases,
                   Notices& notices)
    : database_(database), leases_(leases), notices_(notices), wake_(executor) {}

io::Task<> Troubles::run() {
  for (int turns = 0;; ++turns) {
    if (co_await leases_.acquire(std::string(lease_name), lease_ttl)) {
      co_await turn();
      if (turns % turns_between_prunes == 0) co_await notices_.prune();
    }
    co_await wake_.wait_for(every);
  }
}

io::Task<std::size_t> Troubles::turn() {
  const std::size_t accounts = co_await tell_of_accounts();
  co_return accounts + co_await tell_of_decisions();
}

io::Task<bool> Troubles::tell(base::WorkspaceId workspace, Notice notice) {
  auto tx = co_await database_.begin();
  const bool told = co_await notices_.tell(*tx, workspace, std::move(notice));
  co_await tx->commit();
  co_return told;
}

// By the version of the credentials: broken again after a new connection is another trouble.
io::Task<std::size_t> Troubles::tell_of_accounts() {
  const auto rows = co_await database_.execute(
      "SELECT a.id, a.workspace_id, a.network, a.handle, a.state_reason, a.version FROM accounts a"
      " WHERE a.state = 'broken' AND NOT EXISTS (SELECT 1 FROM notices n"
      " WHERE n.workspace_id = a.workspace_id AND n.notice_key ="
      " 'account:' || a.id || ':' || CAST(a.version AS TEXT)) LIMIT $1",
      {at_once});
  std::size_t told = 0;
  for (const db::Row& row : rows) {
    const std::string& id = row["id"].text();
    Notice notice{.about = std::string(about_account),
                  .key = fmt::format("account:{}:{}", id, row["version"].integer()),
                  .title = fmt::format("{} must be connected again", row["handle"].text()),
                  .body = fmt::format(
                      "{} on {} does not let us in any more: {} Its posts wait until it is "
                      "connected again.",
                      row["handle"].text(), row["network"].text(), row["state_reason"].text()),
                  .link = "/accounts",
                  .details = {{"account_id", id}, {"network", row["network"].text()}}};
    const auto workspace = row["workspace_id"].id<base::WorkspaceId>();
    if (co_await tell(workspace, std::move(notice))) ++told;
  }
  co_return told;
}

// By the fence, which grows with every claim: a question that comes up again is another one.
io::Task<std::size_t> Troubles::tell_of_decisions() {
  const auto rows = co_await database_.execute(
      "SELECT t.id, t.workspace_id, t.post_id, t.account_handle, t.network, t.state_reason,"
      " t.fence FROM queue_undecided q JOIN targets t ON t.id = q.target_id WHERE t.state ="
      " 'needs_decision' AND NOT EXISTS"
      " (SELECT 1 FROM notices n WHERE n.workspace_id = t.workspace_id AND n.notice_key ="
      " 'decision:' || t.id || ':' || CAST(t.fence AS TEXT)) LIMIT $1",
      {at_once});
  std::size_t told = 0;
  for (const db::Row& row : rows) {
    const std::string& id = row["id"].text();
    const std::string& post = row["post_id"].text();
    Notice notice{
        .about = std::string(about_decision),
        .key = fmt::format("decision:{}:{}", id, row["fence"].integer()),
        .title = fmt::format("A post on {} waits for your decision", row["account_handle"].text()),
        .body = row["state_reason"].text(),
        .link = "/posts/" + post,
        .details = {{"post_id", post}, {"target_id", id}, {"network", row["network"].text()}}};
    const auto workspace = row["workspace_id"].id<base::WorkspaceId>();
    if (co_await tell(workspace, std::move(notice))) ++told;
  }
  co_return told;
}

}  // namespace notices
