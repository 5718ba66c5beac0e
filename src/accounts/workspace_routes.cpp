#include "accounts/workspace_routes.h"

#include "accounts/answers.h"
#include "accounts/membership.h"
#include "base/json.h"

namespace accounts {
namespace {

// The principal when the path names the workspace that it is in; another one is "not found".
base::Result<Principal> principal_of_path(const http::Request& request, Role needed) {
  base::Result<Principal> who = principal(request, needed);
  if (who && who->workspace.value != request.param("id")) {
    return base::not_found("There is no such workspace, or you have not entered it.");
  }
  return who;
}

base::Result<Role> read_role_field(const http::Request& request) {
  const base::Result<json::value> body = http::json_body(request);
  if (!body) return base::fail(body.error());
  base::JsonReader in(*body);
  const std::string role = in.text("role", {.min = 1, .max = 20});
  if (const auto good = in.finish(); !good) return base::fail(good.error());
  return parse_role(role);
}

base::Result<WorkspaceChange> read_change(const http::Request& request) {
  const base::Result<json::value> body = http::json_body(request);
  if (!body) return base::fail(body.error());
  base::JsonReader in(*body);
  WorkspaceChange change{.name = in.optional_text("name", {.min = 1, .max = 100}),
                         .time_zone = in.optional_text("time_zone", {.min = 1, .max = 100}),
                         .approval_required = in.optional_boolean("approval_required"),
                         .self_approval = in.optional_boolean("self_approval"),
                         .paused = in.optional_boolean("paused")};
  if (const auto good = in.finish(); !good) return base::fail(good.error());
  return change;
}

}  // namespace

io::Task<http::Response> WorkspaceRoutes::list(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const std::vector<Workspace> workspaces = co_await services_.workspaces.list(who->user);
  co_return private_json(page_of(workspaces, [](const auto& one) { return to_json(one); }));
}

io::Task<http::Response> WorkspaceRoutes::change(http::Request request) {
  const base::Result<Principal> who = principal_of_path(request, Role::admin);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const base::Result<WorkspaceChange> change = read_change(request);
  if (!change) co_return http::problem(change.error(), request.request_id);
  const base::Result<Workspace> changed = co_await services_.workspaces.change(*who, *change);
  if (!changed) co_return http::problem(changed.error(), request.request_id);
  co_return private_json(to_json(*changed));
}

io::Task<http::Response> WorkspaceRoutes::enter(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  if (!who->by_session) {
    co_return http::problem(
        {.status = 409,
         .code = "conflict",
         .message = "A token belongs to one workspace. Make one for the other."},
        request.request_id);
  }
  const base::WorkspaceId wanted{request.param("id")};
  if (!co_await find_membership(services_.database, who->user, wanted)) {
    co_return http::problem(base::not_found("There is no such workspace.").error(),
                            request.request_id);
  }
  co_await services_.sessions.enter(who->session, wanted);
  const base::Result<json::object> user =
      co_await user_json(services_, {who->user, wanted}, who->session);
  if (!user) co_return http::problem(user.error(), request.request_id);
  co_return private_json(*user);
}

io::Task<http::Response> WorkspaceRoutes::list_members(http::Request request) {
  const base::Result<Principal> who = principal_of_path(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const std::vector<Member> members = co_await services_.workspaces.members(who->workspace);
  co_return private_json(page_of(members, [](const auto& member) { return to_json(member); }));
}

io::Task<http::Response> WorkspaceRoutes::set_role(http::Request request) {
  const base::Result<Principal> who = principal_of_path(request, Role::owner);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const base::Result<Role> role = read_role_field(request);
  if (!role) co_return http::problem(role.error(), request.request_id);
  const auto changed = co_await services_.workspaces.set_role(*who, {request.param("user")}, *role);
  if (!changed) co_return http::problem(changed.error(), request.request_id);
  co_return http::no_content();
}

io::Task<http::Response> WorkspaceRoutes::remove_member(http::Request request) {
  const base::UserId leaving{request.param("user")};
  base::Result<Principal> who = principal_of_path(request, Role::viewer);
  // Everybody may leave; to remove somebody else takes an owner.
  if (who && who->user != leaving) who = principal_of_path(request, Role::owner);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const auto removed = co_await services_.workspaces.remove(*who, leaving);
  if (!removed) co_return http::problem(removed.error(), request.request_id);
  co_return http::no_content();
}

io::Task<http::Response> WorkspaceRoutes::invite(http::Request request) {
  const base::Result<Principal> who = principal_of_path(request, Role::admin);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const base::Result<Role> role = read_role_field(request);
  if (!role) co_return http::problem(role.error(), request.request_id);
  if (*role > who->role) {
    co_return http::problem(base::forbidden("Nobody can give a role above their own.").error(),
                            request.request_id);
  }
  const base::Result<Invitation> made = co_await services_.workspaces.invite(*who, *role);
  if (!made) co_return http::problem(made.error(), request.request_id);
  co_return private_json(
      {{"id", made->id},
       {"token", made->token},
       {"expires_at", base::format_rfc3339(made->expires_at)},
       {"url", fmt::format("{}/register?invitation={}", services_.public_url, made->token)}},
      201);
}

io::Task<http::Response> WorkspaceRoutes::list_invitations(http::Request request) {
  const base::Result<Principal> who = principal_of_path(request, Role::admin);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const std::vector<Invitation> open = co_await services_.workspaces.invitations(who->workspace);
  co_return private_json(page_of(open, [](const auto& invitation) { return to_json(invitation); }));
}

io::Task<http::Response> WorkspaceRoutes::revoke_invitation(http::Request request) {
  const base::Result<Principal> who = principal_of_path(request, Role::admin);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const auto revoked =
      co_await services_.workspaces.revoke_invitation(*who, request.param("invitation"));
  if (!revoked) co_return http::problem(revoked.error(), request.request_id);
  co_return http::no_content();
}

io::Task<http::Response> WorkspaceRoutes::accept(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const base::Result<json::value> body = http::json_body(request);
  if (!body) co_return http::problem(body.error(), request.request_id);
  base::JsonReader in(*body);
  const std::string token = in.text("invitation", {.min = 1, .max = 200});
  if (const auto good = in.finish(); !good) {
    co_return http::problem(good.error(), request.request_id);
  }
  const base::Result<base::WorkspaceId> joined =
      co_await services_.workspaces.accept(who->user, token);
  if (!joined) co_return http::problem(joined.error(), request.request_id);
  const base::Result<Workspace> workspace = co_await services_.workspaces.get(*joined);
  if (!workspace) co_return http::problem(workspace.error(), request.request_id);
  co_return private_json(to_json(*workspace));
}

}  // namespace accounts
