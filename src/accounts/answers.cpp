#include "accounts/answers.h"

#include "accounts/membership.h"

namespace accounts {

http::Response private_json(const json::value& value, int status) {
  http::Response response = http::json_response(value, status);
  response.headers.set("Cache-Control", "no-store");
  return response;
}

json::value instant_or_null(const std::optional<base::Instant>& instant) {
  if (!instant) return nullptr;
  return json::value(base::format_rfc3339(*instant));
}

json::object to_json(const Workspace& workspace) {
  return {{"id", workspace.id.value},
          {"name", workspace.name},
          {"time_zone", workspace.time_zone},
          {"approval_required", workspace.approval_required},
          {"self_approval", workspace.self_approval},
          {"paused", workspace.paused}};
}

json::object to_json(const Member& member) {
  return {{"user_id", member.user.value},
          {"name", member.name},
          {"email", member.email},
          {"role", to_string(member.role)}};
}

json::object to_json(const Invitation& invitation) {
  return {{"id", invitation.id},
          {"role", to_string(invitation.role)},
          {"invited_by", invitation.invited_by},
          {"created_at", base::format_rfc3339(invitation.created_at)},
          {"expires_at", base::format_rfc3339(invitation.expires_at)}};
}

json::object to_json(const PersonalToken& token) {
  json::object object{{"id", token.id},
                      {"name", token.name},
                      {"created_at", base::format_rfc3339(token.created_at)},
                      {"expires_at", instant_or_null(token.expires_at)},
                      {"last_used_at", instant_or_null(token.last_used_at)}};
  if (!token.token.empty()) object["token"] = token.token;
  return object;
}

json::object to_json(const AccountView& account) {
  const networks::Network* network = networks::by_id(account.network);
  networks::Limits limits;
  auto retry = networks::RetryClass::blind;
  if (network != nullptr) {
    const networks::Account public_part{.id = account.id,
                                        .network = account.network,
                                        .remote_id = account.remote_id,
                                        .handle = account.handle,
                                        .credentials = {},
                                        .details = account.details};
    limits = network->limits(public_part);
    retry = network->retry_class(public_part);
  }
  return {{"id", account.id.value},
          {"network", account.network},
          {"remote_id", account.remote_id},
          {"handle", account.handle},
          {"display_name", account.display_name},
          {"url", account.url},
          {"avatar_url", account.avatar_url},
          {"state", to_string(account.state)},
          {"state_reason", account.state_reason},
          {"limits", networks::to_json(limits)},
          {"retry_class", networks::to_string(retry)},
          {"details", account.details},
          {"created_at", base::format_rfc3339(account.created_at)},
          {"checked_at", instant_or_null(account.checked_at)}};
}

json::object to_json(const networks::Network::Health& health) {
  return {{"ok", health.ok}, {"broken", health.broken}, {"message", health.message}};
}

io::Task<base::Result<json::object>> user_json(Services& services, Membership who,
                                               std::string session) {
  const base::Result<Person> person = co_await services.people.get(who.user);
  if (!person) co_return base::fail(person.error());
  const base::Result<Workspace> workspace = co_await services.workspaces.get(who.workspace);
  if (!workspace) co_return base::fail(workspace.error());
  const std::optional<Principal> membership =
      co_await find_membership(services.database, who.user, who.workspace);
  if (!membership) co_return base::forbidden("You are no longer in this workspace.");
  json::value csrf = nullptr;
  if (!session.empty()) csrf = services.sessions.csrf_token(session);
  co_return json::object{{"id", person->id.value},
                         {"name", person->name},
                         {"email", person->email},
                         {"workspace", to_json(*workspace)},
                         {"role", to_string(membership->role)},
                         {"csrf_token", std::move(csrf)}};
}

}  // namespace accounts
