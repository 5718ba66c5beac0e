#include "accounts/routes.h"

#include "accounts/account_routes.h"
#include "accounts/audit_routes.h"
#include "accounts/event_routes.h"
#include "accounts/people_routes.h"
#include "accounts/workspace_routes.h"

namespace accounts {
namespace {

// A handler that keeps its routes alive.
template <class Routes>
auto on(std::shared_ptr<Routes> routes) {
  return [routes](io::Task<http::Response> (Routes::*method)(http::Request)) -> http::Handler {
    return
        [routes, method](http::Request request) { return ((*routes).*method)(std::move(request)); };
  };
}

void bind_people(http::Router& router, Services& services) {
  const auto call = on(std::make_shared<PeopleRoutes>(services));
  router.get("/api/setup", call(&PeopleRoutes::get_setup));
  router.post("/api/register", call(&PeopleRoutes::register_person));
  router.post("/api/login", call(&PeopleRoutes::login));
  router.post("/api/logout", call(&PeopleRoutes::logout));
  router.get("/api/user", call(&PeopleRoutes::get_user));
  router.patch("/api/user", call(&PeopleRoutes::change_user));
  router.get("/api/tokens", call(&PeopleRoutes::list_tokens));
  router.post("/api/tokens", call(&PeopleRoutes::make_token));
  router.del("/api/tokens/{id}", call(&PeopleRoutes::revoke_token));
}

void bind_workspaces(http::Router& router, Services& services) {
  const auto call = on(std::make_shared<WorkspaceRoutes>(services));
  router.get("/api/workspaces", call(&WorkspaceRoutes::list));
  router.patch("/api/workspaces/{id}", call(&WorkspaceRoutes::change));
  router.post("/api/workspaces/{id}/enter", call(&WorkspaceRoutes::enter));
  router.get("/api/workspaces/{id}/members", call(&WorkspaceRoutes::list_members));
  router.patch("/api/workspaces/{id}/members/{user}", call(&WorkspaceRoutes::set_role));
  router.del("/api/workspaces/{id}/members/{user}", call(&WorkspaceRoutes::remove_member));
  router.get("/api/workspaces/{id}/invitations", call(&WorkspaceRoutes::list_invitations));
  router.post("/api/workspaces/{id}/invitations", call(&WorkspaceRoutes::invite));
  router.del("/api/workspaces/{id}/invitations/{invitation}",
             call(&WorkspaceRoutes::revoke_invitation));
  router.post("/api/invitations/accept", call(&WorkspaceRoutes::accept));
}

void bind_accounts(http::Router& router, Services& services) {
  const auto call = on(std::make_shared<AccountRoutes>(services));
  router.get("/api/networks", call(&AccountRoutes::list_networks));
  router.get("/api/accounts", call(&AccountRoutes::list));
  router.post("/api/accounts", call(&AccountRoutes::connect));
  router.get("/api/accounts/{id}", call(&AccountRoutes::get));
  router.patch("/api/accounts/{id}", call(&AccountRoutes::set_paused));
  router.del("/api/accounts/{id}", call(&AccountRoutes::disconnect));
  router.post("/api/accounts/{id}/test", call(&AccountRoutes::test));
}

}  // namespace

void bind(http::Router& router, Services& services) {
  bind_people(router, services);
  bind_workspaces(router, services);
  bind_accounts(router, services);
  bind_automation(router, services);
  const auto audit = on(std::make_shared<AuditRoutes>(services));
  router.get("/api/audit", audit(&AuditRoutes::list));
  const auto events = on(std::make_shared<EventRoutes>(services));
  router.get("/api/events", events(&EventRoutes::stream));
}

void bind_automation(http::Router& router, Services& services) {
  const auto call = on(std::make_shared<PeopleRoutes>(services));
  router.post("/automation/token", call(&PeopleRoutes::make_access_token));
}

}  // namespace accounts
