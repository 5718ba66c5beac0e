#include "accounts/account_routes.h"

#include "accounts/answers.h"
#include "accounts/audit.h"
#include "accounts/checks.h"
#include "base/json.h"

namespace accounts {

io::Task<http::Response> AccountRoutes::list_networks(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  json::array items;
  for (const auto& network : networks::all()) items.push_back(networks::to_json(network->about()));
  co_return http::json_response({{"items", std::move(items)}});
}

io::Task<http::Response> AccountRoutes::list(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const std::vector<AccountView> found = co_await services_.accounts.list(who->workspace);
  co_return private_json(page_of(found, [](const auto& account) { return to_json(account); }));
}

io::Task<http::Response> AccountRoutes::connect(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::admin);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const base::Result<json::value> body = http::json_body(request);
  if (!body) co_return http::problem(body.error(), request.request_id);
  base::JsonReader in(*body);
  const std::string network = in.text("network", {.min = 1, .max = 50});
  const json::object* settings = in.optional_object("settings");
  if (settings == nullptr && !in.has("settings")) in.error("settings", "is missing");
  if (const auto good = in.finish(); !good) {
    co_return http::problem(good.error(), request.request_id);
  }
  const json::object given = settings != nullptr ? *settings : json::object{};
  const base::Result<Connected> connected =
      co_await connect_account(services_, who->workspace, network, given);
  if (!connected) co_return http::problem(connected.error(), request.request_id);
  co_await note(*who, "account.connected", connected->account);
  json::object answer = to_json(connected->account);
  if (!connected->shown_once.empty()) answer["shown_once"] = connected->shown_once;
  co_return private_json(answer, 201);
}

io::Task<http::Response> AccountRoutes::get(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const base::Result<AccountView> found =
      co_await services_.accounts.get(who->workspace, {request.param("id")});
  if (!found) co_return http::problem(found.error(), request.request_id);
  co_return private_json(to_json(*found));
}

io::Task<http::Response> AccountRoutes::set_paused(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::admin);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const base::Result<json::value> body = http::json_body(request);
  if (!body) co_return http::problem(body.error(), request.request_id);
  base::JsonReader in(*body);
  const std::optional<bool> paused = in.optional_boolean("paused");
  if (!paused) in.error("paused", "must be true or false");
  if (const auto good = in.finish(); !good) {
    co_return http::problem(good.error(), request.request_id);
  }
  const base::Result<AccountView> changed = co_await services_.accounts.set_paused(
      who->workspace, {request.param("id")}, paused.value_or(false));
  if (!changed) co_return http::problem(changed.error(), request.request_id);
  co_await note(*who, *paused ? "account.paused" : "account.resumed", *changed);
  co_return private_json(to_json(*changed));
}

io::Task<> AccountRoutes::note(Principal who, std::string action, AccountView account) {
  co_await append_audit(
      services_.database, services_.clock.now(),
      audited(who, std::move(action),
              {.type = "account",
               .id = account.id.value,
               .name = fmt::format("{} on {}", account.handle, account.network)}));
}

io::Task<http::Response> AccountRoutes::disconnect(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::admin);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const base::AccountId id{request.param("id")};
  const base::Result<AccountView> leaving = co_await services_.accounts.get(who->workspace, id);
  if (!leaving) co_return http::problem(leaving.error(), request.request_id);
  const auto done = co_await services_.accounts.disconnect(who->workspace, id);
  if (!done) co_return http::problem(done.error(), request.request_id);
  co_await note(*who, "account.disconnected", *leaving);
  co_return http::no_content();
}

io::Task<http::Response> AccountRoutes::test(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::editor);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const base::Result<AccountView> found =
      co_await services_.accounts.get(who->workspace, {request.param("id")});
  if (!found) co_return http::problem(found.error(), request.request_id);
  const base::Result<networks::Network::Health> health =
      co_await check_account(services_, found->id);
  if (!health) co_return http::problem(health.error(), request.request_id);
  co_return private_json(to_json(*health));
}

}  // namespace accounts
