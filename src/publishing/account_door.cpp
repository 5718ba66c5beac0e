#include "publishing/account_door.h"

#include "base/error.h"

namespace publishing {

io::Task<std::optional<OpenedAccount>> ConnectedAccounts::open(base::WorkspaceId workspace,
                                                               base::AccountId account) {
  auto view = co_await accounts_.get(workspace, account);
  if (!view) {
    if (view.error().status == 404) co_return std::nullopt;
    throw base::Unavailable("cannot read an account: " + view.error().message);
  }
  OpenedAccount opened{
      .account = {}, .state = view->state, .reason = view->state_reason, .version = view->version};
  auto credentials = co_await accounts_.open(account);
  if (credentials) {
    opened.account = std::move(*credentials);
  } else if (credentials.error().status == 404) {
    co_return std::nullopt;
  } else {
    // Its credentials cannot be read (another APP_KEY): a person must connect it again.
    opened.state = accounts::AccountState::broken;
    opened.reason = credentials.error().message;
  }
  co_return opened;
}

io::Task<std::map<base::AccountId, OpenedAccount>> AccountDoor::open_all(
    std::map<base::AccountId, base::WorkspaceId>) {
  co_return std::map<base::AccountId, OpenedAccount>();
}

io::Task<std::map<base::AccountId, OpenedAccount>> ConnectedAccounts::open_all(
    std::map<base::AccountId, base::WorkspaceId> accounts) {
  std::vector<base::AccountId> ids;
  for (const auto& [id, workspace] : accounts) ids.push_back(id);
  std::map<base::AccountId, OpenedAccount> opened;
  for (accounts::Opened& each : co_await accounts_.open_many(std::move(ids))) {
    const base::AccountId id = each.account.id;
    if (each.workspace != accounts.at(id)) continue;
    opened.emplace(id, OpenedAccount{.account = std::move(each.account),
                                     .state = each.state,
                                     .reason = std::move(each.reason),
                                     .version = each.version});
  }
  co_return opened;
}

io::Task<> ConnectedAccounts::mark_broken(base::AccountId account, std::string reason,
                                          std::int64_t version) {
  co_await accounts_.mark_broken(account, std::move(reason), version);
}

io::Task<bool> AccountDoor::has_moved_on(base::AccountId, std::int64_t) { co_return false; }

io::Task<bool> ConnectedAccounts::has_moved_on(base::AccountId account, std::int64_t version) {
  co_return co_await accounts_.renewed_since(account, version);
}

}  // namespace publishing
