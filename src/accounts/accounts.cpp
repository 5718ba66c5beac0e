#include "accounts/accounts.h"

#include "accounts/credentials.h"
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "db/given.h"

namespace accounts {
namespace {

// Others may renew the same credentials at the same time; each of them wins once.
constexpr int tries_max = 16;
constexpr std::size_t reason_max = 500;

// The pause of a workspace covers its accounts as long as it lasts; their own state stays.
constexpr std::string_view columns =
    "id, workspace_id, network, remote_id, handle, display_name, url, avatar_url, state, "
    "state_reason, details, created_at, checked_at, version, COALESCE((SELECT paused "
    "FROM workspaces WHERE workspaces.id = accounts.workspace_id), 0) AS workspace_paused";

json::object read_object(std::string_view text) {
  const base::Result<json::value> value = base::parse_json(text);
  return value && value->is_object() ? value->get_object() : json::object{};
}

AccountState read_state(std::string_view text) {
  if (text == "broken") return AccountState::broken;
  if (text == "paused") return AccountState::paused;
  CHECK(text == "connected");
  return AccountState::connected;
}

AccountView read_view(const db::Row& row) {
  AccountView view = {.id = row["id"].id<base::AccountId>(),
                      .workspace = row["workspace_id"].id<base::WorkspaceId>(),
                      .network = row["network"].text(),
                      .remote_id = row["remote_id"].text(),
                      .handle = row["handle"].text(),
                      .display_name = row["display_name"].text(),
                      .url = row["url"].text(),
                      .avatar_url = row["avatar_url"].text(),
                      .state = read_state(row["state"].text()),
                      .state_reason = row["state_reason"].text(),
                      .details = read_object(row["details"].text()),
                      .created_at = row["created_at"].instant(),
                      .checked_at = row["checked_at"].optional_instant(),
                      .version = row["version"].integer()};
  if (view.state == AccountState::connected && row["workspace_paused"].boolean()) {
    view.state = AccountState::paused;
    view.state_reason = "The workspace is paused.";
  }
  return view;
}

std::string tidy_reason(std::string_view reason) {
  return base::truncate_graphemes(base::clean_utf8(reason.substr(0, 4 * reason_max)), reason_max);
}

base::Error no_such_account() {
  return {.status = 404, .code = "not_found", .message = "There is no such account."};
}

}  // namespace

std::string_view to_string(AccountState state) {
  switch (state) {
    case AccountState::connected:
      return "connected";
    case AccountState::broken:
      return "broken";
    case AccountState::paused:
      return "paused";
  }
  CHECK(false);
}

// An account that is there already when its identity is connected again.
struct Accounts::Known {
  base::AccountId id;
  std::string credentials;
  std::int64_t version = 0;
};

Accounts::Accounts(db::Database& database, const base::Clock& clock, const base::Vault& vault,
                   Events* events)
    : database_(database), clock_(clock), vault_(vault), events_(events) {}

io::Task<std::vector<AccountView>> Accounts::list(base::WorkspaceId workspace) {
  const db::Rows rows = co_await database_.execute(
      fmt::format("SELECT {} FROM accounts WHERE workspace_id = $1 AND state <> 'disconnected' "
                  "ORDER BY created_at, id",
                  columns),
      {workspace});
  std::vector<AccountView> found;
  found.reserve(rows.size());
  for (const db::Row& row : rows) found.push_back(read_view(row));
  co_return found;
}

io::Task<base::Result<AccountView>> Accounts::get(base::WorkspaceId workspace, base::AccountId id) {
  const db::Rows rows = co_await database_.execute(
      fmt::format("SELECT {} FROM accounts WHERE id = $1 AND workspace_id = $2 "
                  "AND state <> 'disconnected'",
                  columns),
      {id, workspace});
  if (rows.empty()) co_return base::fail(no_such_account());
  co_return read_view(rows[0]);
}

io::Task<base::Result<networks::Account>> Accounts::open(base::AccountId id) {
  const db::Rows rows = co_await database_.execute(
      "SELECT network, remote_id, handle, credentials, details FROM accounts "
      "WHERE id = $1 AND state <> 'disconnected'",
      {id});
  if (rows.empty()) co_return base::fail(no_such_account());
  std::optional<json::object> credentials = unseal(id, rows[0]["credentials"].text());
  if (!credentials) {
    co_return base::fail({.status = 409,
                          .code = "credentials_unreadable",
                          .message = "The credentials were encrypted with a key that APP_KEY no "
                                     "longer has. Connect the account again."});
  }
  co_return networks::Account{.id = id,
                              .network = rows[0]["network"].text(),
                              .remote_id = rows[0]["remote_id"].text(),
                              .handle = rows[0]["handle"].text(),
                              .credentials = std::move(*credentials),
                              .details = read_object(rows[0]["details"].text())};
}

io::Task<std::vector<Opened>> Accounts::open_many(std::vector<base::AccountId> ids) {
  std::vector<Opened> opened;
  if (ids.empty()) co_return opened;
  db::GivenRows given(database_.dialect(), {{"id", db::Column::text}});
  for (const base::AccountId& id : ids) given.add({id});
  const db::Rows rows = co_await database_.execute(
      fmt::format("WITH {} SELECT {}, credentials FROM accounts WHERE id IN (SELECT id FROM given) "
                  "AND state <> 'disconnected'",
                  given.table(), columns),
      given.take());
  for (const db::Row& row : rows) {
    AccountView view = read_view(row);
    std::optional<json::object> credentials = unseal(view.id, row["credentials"].text());
    if (!credentials) continue;
    opened.push_back({.account = {.id = view.id,
                                  .network = std::move(view.network),
                                  .remote_id = std::move(view.remote_id),
                                  .handle = std::move(view.handle),
                                  .credentials = std::move(*credentials),
                                  .details = std::move(view.details)},
                      .workspace = std::move(view.workspace),
                      .state = view.state,
                      .reason = std::move(view.state_reason),
                      .version = view.version});
  }
  co_return opened;
}

io::Task<base::Result<AccountView>> Accounts::connect(base::WorkspaceId workspace,
                                                      std::string network,
                                                      networks::Identity identity) {
  base::Result<networks::Identity> tidy = tidy_identity(std::move(identity));
  if (!tidy) co_return base::fail(tidy.error());
  for (int tries = 0; tries < tries_max; ++tries) {
    const std::optional<Known> known = co_await find_known(workspace, network, tidy->remote_id);
    if (!known && co_await is_full(workspace)) {
      co_return base::conflict(fmt::format("A workspace can have {} accounts.", per_workspace_max));
    }
    const bool done =
        known ? co_await connect_again(*known, *tidy) : co_await insert(workspace, network, *tidy);
    if (!done) continue;
    const std::optional<Known> now = co_await find_known(workspace, network, tidy->remote_id);
    if (!now) break;
    if (events_ != nullptr) {
      co_await events_->publish(workspace, {{"type", "account"}, {"id", now->id.value}});
    }
    co_return co_await get(workspace, now->id);
  }
  co_return base::conflict("The account was changed by somebody else at the same time. Try again.");
}

io::Task<std::optional<Accounts::Known>> Accounts::find_known(base::WorkspaceId workspace,
                                                              std::string network,
                                                              std::string remote_id) {
  const db::Rows rows = co_await database_.execute(
      "SELECT id, credentials, version FROM accounts "
      "WHERE workspace_id = $1 AND network = $2 AND remote_id = $3",
      {workspace, network, remote_id});
  if (rows.empty()) co_return std::nullopt;
  co_return Known{rows[0]["id"].id<base::AccountId>(), rows[0]["credentials"].text(),
                  rows[0]["version"].integer()};
}

io::Task<bool> Accounts::is_full(base::WorkspaceId workspace) {
  const db::Rows rows = co_await database_.execute(
      "SELECT COUNT(*) FROM accounts WHERE workspace_id = $1 AND state <> 'disconnected'",
      {workspace});
  co_return rows[0][0].integer() >= per_workspace_max;
}

io::Task<bool> Accounts::insert(base::WorkspaceId workspace, std::string network,
                                networks::Identity identity) {
  const base::AccountId id = base::AccountId::make();
  const base::Instant now = clock_.now();
  const db::Rows inserted = co_await database_.execute(
      "INSERT INTO accounts (id, workspace_id, network, remote_id, handle, display_name, url, "
      "avatar_url, state, state_reason, details, credentials, created_at, updated_at, checked_at, "
      "check_at, renew_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'connected', '', $9, $10, $11, "
      "$11, $11, $11, 0) ON CONFLICT (workspace_id, network, remote_id) DO NOTHING RETURNING id",
      {id, workspace, network, identity.remote_id, identity.handle, identity.display_name,
       identity.url, identity.avatar_url, json::serialize(identity.details),
       seal(id, identity.credentials), now});
  co_return !inserted.empty();
}

io::Task<bool> Accounts::connect_again(Known known, networks::Identity identity) {
  const json::object before = unseal(known.id, known.credentials).value_or(json::object{});
  const db::Rows updated = co_await database_.execute(
      "UPDATE accounts SET handle = $3, display_name = $4, url = $5, avatar_url = $6, "
      "state = CASE WHEN state = 'paused' THEN 'paused' ELSE 'connected' END, state_reason = '', "
      "details = $7, credentials = $8, version = version + 1, renew_at = 0, updated_at = $9, "
      "checked_at = $9 "
      "WHERE id = $1 AND version = $2 RETURNING id",
      {known.id, known.version, identity.handle, identity.display_name, identity.url,
       identity.avatar_url, json::serialize(identity.details),
       seal(known.id, merge_credentials(before, identity.credentials)), clock_.now()});
  co_return !updated.empty();
}

io::Task<base::Result<void>> Accounts::disconnect(base::WorkspaceId workspace, base::AccountId id) {
  const std::unique_ptr<db::Transaction> transaction = co_await database_.begin();
  const db::Rows erased = co_await transaction->execute(
      "UPDATE accounts SET state = 'disconnected', state_reason = '', credentials = '', "
      "renew_at = NULL, renew_due_at = NULL, "
      "version = version + 1, updated_at = $3 "
      "WHERE id = $1 AND workspace_id = $2 AND state <> 'disconnected' RETURNING workspace_id, id",
      {id, workspace, clock_.now()});
  if (erased.empty()) co_return base::fail(no_such_account());
  if (on_disconnect_) co_await on_disconnect_(*transaction, id);
  co_await transaction->commit();
  co_await tell(erased);
  co_return base::Result<void>{};
}

io::Task<base::Result<AccountView>> Accounts::set_paused(base::WorkspaceId workspace,
                                                         base::AccountId id, bool paused) {
  // Whoever resumes an account wants to know soon whether it still works: it is checked next.
  const db::Rows changed = co_await database_.execute(
      "UPDATE accounts SET state = $3, state_reason = '', updated_at = $4, check_at = $4 "
      "WHERE id = $1 AND workspace_id = $2 AND state <> 'disconnected' "
      "AND (state = 'paused') <> ($3 = 'paused') RETURNING workspace_id, id",
      {id, workspace, to_string(paused ? AccountState::paused : AccountState::connected),
       clock_.now()});
  co_await tell(changed);
  co_return co_await get(workspace, id);
}

io::Task<> Accounts::mark_broken(base::AccountId id, std::string reason) {
  const db::Rows changed = co_await database_.execute(
      "UPDATE accounts SET state = 'broken', state_reason = $2, updated_at = $3 "
      "WHERE id = $1 AND state = 'connected' RETURNING workspace_id, id",
      {id, tidy_reason(reason), clock_.now()});
  co_await tell(changed);
}

io::Task<> Accounts::mark_broken(base::AccountId id, std::string reason, std::int64_t version) {
  // In one statement: between two of them a person may have connected it again.
  const db::Rows changed = co_await database_.execute(
      "UPDATE accounts SET state = 'broken', state_reason = $2, updated_at = $3 "
      "WHERE id = $1 AND state = 'connected' AND version = $4 RETURNING workspace_id, id",
      {id, tidy_reason(reason), clock_.now(), version});
  co_await tell(changed);
}

io::Task<> Accounts::mark_checked(base::AccountId id, networks::Network::Health health) {
  const base::Instant now = clock_.now();
  std::optional<std::string> details;
  if (!health.details.empty()) details = json::serialize(health.details);
  const std::string_view from = health.ok ? "broken" : "connected";
  std::string_view to = from;
  if (health.ok) to = "connected";
  if (!health.ok && health.broken) to = "broken";
  const std::string reason = health.ok ? "" : tidy_reason(health.message);
  const db::Rows changed = co_await database_.execute(
      "UPDATE accounts SET state = CASE WHEN state = $2 THEN $3 ELSE state END, "
      "state_reason = $4, details = COALESCE($5, details), checked_at = $6 "
      "WHERE id = $1 AND state <> 'disconnected' RETURNING workspace_id, id",
      {id, from, to, reason, details, now});
  co_await tell(changed);
}

io::Task<> Accounts::save(base::AccountId account, json::object credentials) {
  for (int tries = 0; tries < tries_max; ++tries) {
    const db::Rows rows = co_await database_.execute(
        "SELECT credentials, version FROM accounts WHERE id = $1 AND state <> 'disconnected'",
        {account});
    if (rows.empty()) co_return;
    const json::object known =
        unseal(account, rows[0]["credentials"].text()).value_or(json::object{});
    const db::Rows updated = co_await database_.execute(
        "UPDATE accounts SET credentials = $3, version = version + 1, renew_at = 0 "
        "WHERE id = $1 AND version = $2 RETURNING id",
        {account, rows[0]["version"], seal(account, merge_credentials(known, credentials))});
    if (!updated.empty()) co_return;
  }
  throw base::Unavailable("renewed credentials could not be saved: too many at the same time");
}

std::string Accounts::seal(const base::AccountId& id, const json::object& credentials) const {
  return vault_.seal(json::serialize(credentials), id.value);
}

std::optional<json::object> Accounts::unseal(const base::AccountId& id,
                                             std::string_view sealed) const {
  const base::Result<std::string> plain = vault_.open(sealed, id.value);
  if (!plain) return std::nullopt;
  const base::Result<json::value> value = base::parse_json(*plain);
  if (!value || !value->is_object()) return std::nullopt;
  return value->get_object();
}

io::Task<> Accounts::tell(const db::Rows& changed) {
  if (changed.empty() || events_ == nullptr) co_return;
  co_await events_->publish(changed[0]["workspace_id"].id<base::WorkspaceId>(),
                            {{"type", "account"}, {"id", changed[0]["id"].text()}});
}

}  // namespace accounts
