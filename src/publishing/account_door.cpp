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

io::Task<> ConnectedAccounts::mark_broken(base::AccountId account, std::string reason) {
  co_await accounts_.mark_broken(account, std::move(reason));
}

io::Task<bool> AccountDoor::has_moved_on(base::AccountId, std::int64_t) { co_return false; }

io::Task<bool> ConnectedAccounts::has_moved_on(base::AccountId account, std::int64_t version) {
  co_return co_await accounts_.renewed_since(account, version);
}

}  // namespace publishing
