#include "accounts/people_routes.h"

#include "accounts/answers.h"
#include "accounts/audit.h"
#include "base/json.h"
#include "base/text.h"

namespace accounts {
namespace {

constexpr std::size_t email_max = 254;
constexpr std::size_t password_max = 1000;

base::Result<Registration> read_registration(const json::value& body) {
  base::JsonReader in(body);
  Registration wanted{.name = in.text("name", {.min = 1, .max = 100}),
                      .email = in.text("email", {.min = 3, .max = email_max}),
                      .password = in.text("password", {.min = 10, .max = password_max}),
                      .workspace = in.optional_text("workspace", {.max = 100}).value_or(""),
                      .time_zone = in.optional_text("time_zone", {.max = 100}).value_or(""),
                      .invitation = in.optional_text("invitation", {.max = 200}).value_or("")};
  if (const auto good = in.finish(); !good) return base::fail(good.error());
  return wanted;
}

base::Result<PersonChange> read_change(const json::value& body) {
  base::JsonReader in(body);
  PersonChange change{
      .name = in.optional_text("name", {.min = 1, .max = 100}),
      .email = in.optional_text("email", {.min = 3, .max = email_max}),
      .password = in.optional_text("password", {.min = 10, .max = password_max}),
      .current_password = in.optional_text("current_password", {.max = password_max}).value_or("")};
  if (const auto good = in.finish(); !good) return base::fail(good.error());
  return change;
}

// RFC 6749 section 5.2 inside RFC 9457: OAuth clients read "error", ours the rest.
http::Response oauth_problem(base::Error error, std::string_view oauth_code,
                             std::string_view request_id) {
  http::Response response = http::problem(error, request_id);
  json::object body = base::parse_json(response.body).value_or(json::object{}).get_object();
  body["error"] = oauth_code;
  body["error_description"] = error.message;
  response.body = json::serialize(body);
  response.headers.set("Cache-Control", "no-store");
  return response;
}

base::Error bad_grant_request(std::string message) {
  return {.status = 400, .code = "invalid_request", .message = std::move(message)};
}

bool is_form(const http::Request& request) {
  const std::string_view type = request.headers.get("Content-Type");
  return base::equals_ignore_case(base::trim(type.substr(0, type.find(';'))),
                                  "application/x-www-form-urlencoded");
}

}  // namespace

io::Task<http::Response> PeopleRoutes::get_setup(http::Request) {
  const bool demonstration = services_.demonstration && co_await services_.demonstration();
  co_return private_json({{"needs_owner", co_await services_.people.needs_owner()},
                          {"version", SOCIALTREND_VERSION},
                          {"demonstration", demonstration},
                          {"public_url", services_.public_url}});
}

io::Task<http::Response> PeopleRoutes::register_person(http::Request request) {
  const base::Result<json::value> body = http::json_body(request);
  if (!body) co_return http::problem(body.error(), request.request_id);
  const base::Result<Registration> wanted = read_registration(*body);
  if (!wanted) co_return http::problem(wanted.error(), request.request_id);
  const base::Result<Membership> who =
      co_await services_.people.register_person(*wanted, request.remote_address);
  if (!who) co_return http::problem(who.error(), request.request_id);
  co_return co_await sign_in(std::move(request), *who, 201);
}

io::Task<http::Response> PeopleRoutes::login(http::Request request) {
  const base::Result<json::value> body = http::json_body(request);
  if (!body) co_return http::problem(body.error(), request.request_id);
  base::JsonReader in(*body);
  const std::string email = in.text("email", {.min = 1, .max = email_max});
  const std::string password = in.text("password", {.min = 1, .max = password_max});
  if (const auto good = in.finish(); !good) {
    co_return http::problem(good.error(), request.request_id);
  }
  const base::Result<Membership> who =
      co_await services_.people.check_login(email, password, request.remote_address);
  if (!who) co_return http::problem(who.error(), request.request_id);
  co_return co_await sign_in(std::move(request), *who, 200);
}

io::Task<http::Response> PeopleRoutes::sign_in(http::Request request, Membership who, int status) {
  const std::string before = request.cookie("session");
  if (!before.empty()) {
    co_await services_.sessions.end(base::token_hash(before));
    services_.principals.changed();
  }
  const std::string token = co_await services_.sessions.begin(who.user, who.workspace);
  const base::Result<json::object> user =
      co_await user_json(services_, who, base::token_hash(token));
  if (!user) co_return http::problem(user.error(), request.request_id);
  http::Response response = private_json(*user, status);
  response.headers.add("Set-Cookie", services_.sessions.cookie(token, request.secure));
  co_return response;
}

io::Task<http::Response> PeopleRoutes::logout(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  if (who->by_session) co_await services_.sessions.end(who->session);
  http::Response response = http::no_content();
  response.headers.add("Set-Cookie", Sessions::expired_cookie(request.secure));
  co_return response;
}

io::Task<http::Response> PeopleRoutes::get_user(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const base::Result<json::object> user =
      co_await user_json(services_, {who->user, who->workspace}, who->session);
  if (!user) co_return http::problem(user.error(), request.request_id);
  co_return private_json(*user);
}

io::Task<http::Response> PeopleRoutes::change_user(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const base::Result<json::value> body = http::json_body(request);
  if (!body) co_return http::problem(body.error(), request.request_id);
  const base::Result<PersonChange> change = read_change(*body);
  if (!change) co_return http::problem(change.error(), request.request_id);
  const base::Result<Person> changed =
      co_await services_.people.change(who->user, *change, who->session, request.remote_address);
  if (!changed) co_return http::problem(changed.error(), request.request_id);
  const base::Result<json::object> user =
      co_await user_json(services_, {who->user, who->workspace}, who->session);
  if (!user) co_return http::problem(user.error(), request.request_id);
  co_return private_json(*user);
}

io::Task<http::Response> PeopleRoutes::list_tokens(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const std::vector<PersonalToken> tokens =
      co_await services_.tokens.list(who->user, who->workspace);
  co_return private_json(page_of(tokens, [](const auto& token) { return to_json(token); }));
}

io::Task<http::Response> PeopleRoutes::make_token(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const base::Result<json::value> body = http::json_body(request);
  if (!body) co_return http::problem(body.error(), request.request_id);
  base::JsonReader in(*body);
  const std::string name(base::trim(base::clean_utf8(in.text("name", {.min = 1, .max = 100}))));
  const std::optional<base::Instant> expires_at = in.optional_instant("expires_at");
  if (name.empty()) in.error("name", "must not be empty");
  if (const auto good = in.finish(); !good) {
    co_return http::problem(good.error(), request.request_id);
  }
  const base::Result<PersonalToken> made =
      co_await services_.tokens.make(who->user, who->workspace, name, expires_at);
  if (!made) co_return http::problem(made.error(), request.request_id);
  co_await append_audit(
      services_.database, services_.clock.now(),
      audited(*who, "token.made", {.type = "token", .id = made->id, .name = made->name}));
  co_return private_json(to_json(*made), 201);
}

io::Task<http::Response> PeopleRoutes::revoke_token(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const auto revoked =
      co_await services_.tokens.revoke(who->user, who->workspace, request.param("id"));
  if (!revoked) co_return http::problem(revoked.error(), request.request_id);
  co_await append_audit(
      services_.database, services_.clock.now(),
      audited(*who, "token.revoked", {.type = "token", .id = request.param("id")}));
  co_return http::no_content();
}

io::Task<http::Response> PeopleRoutes::make_access_token(http::Request request) {
  const std::string id = request.request_id;
  if (!is_form(request)) {
    co_return oauth_problem(
        bad_grant_request("Send the body as application/x-www-form-urlencoded."), "invalid_request",
        id);
  }
  const http::Query form = http::Query::parse(request.body);
  const std::string grant(form.get("grant_type").value_or("password"));
  const std::string username(form.get("username").value_or(""));
  const std::string password(form.get("password").value_or(""));
  if (grant != "password") {
    co_return oauth_problem(bad_grant_request("Only grant_type=password is known here."),
                            "unsupported_grant_type", id);
  }
  if (username.empty() || password.empty() || password.size() > password_max) {
    co_return oauth_problem(bad_grant_request("Give username (the e-mail) and password."),
                            "invalid_request", id);
  }
  const base::Result<Membership> who =
      co_await services_.people.check_login(username, password, request.remote_address);
  if (!who) {
    base::Error error = who.error();
    if (error.status == 401) error.status = 400;
    co_return oauth_problem(error,
                            error.status == 503 ? "temporarily_unavailable" : "invalid_grant", id);
  }
  const std::string token = co_await services_.access_tokens.make(who->user, who->workspace);
  co_return private_json({{"access_token", token},
                          {"token_type", "bearer"},
                          {"expires_in", services_.access_tokens.ttl().count()}});
}

}  // namespace accounts
