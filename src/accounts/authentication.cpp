#include "accounts/authentication.h"

#include "accounts/services.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace accounts {
namespace {

base::Error bad_token() {
  return {.status = 401,
          .code = "invalid_token",
          .message = "The bearer token is unknown, revoked or out of date."};
}

base::Error bad_session() {
  return {.status = 401, .code = "session_ended", .message = "Your session has ended. Sign in."};
}

base::Error bad_csrf() {
  return {.status = 403,
          .code = "csrf",
          .message =
              "A change under a session needs the header X-CSRF-Token; GET /api/user tells "
              "its value."};
}

bool changes_something(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

// What can take away or give rights; sign-in only adds a session, which nobody knew.
bool may_change_rights(const http::Request& request) {
  if (!changes_something(request.method) || !principal(request, Role::viewer)) return false;
  return std::ranges::any_of(
      std::array<std::string_view, 5>{"/api/logout", "/api/user", "/api/tokens", "/api/workspaces",
                                      "/api/invitations"},
      [&](std::string_view beginning) { return request.route.starts_with(beginning); });
}

// Probes must answer while the database, where tokens and sessions are, is away.
bool is_for_anybody(std::string_view route) {
  return route.starts_with("/api/health") || route == "/automation/health" ||
         route.ends_with("/metrics");
}

// However the change ends: also one whose answer was an error may have been made.
class RightsChange {
 public:
  RightsChange(Principals& principals, bool possible)
      : principals_(principals), possible_(possible) {}
  ~RightsChange() {
    if (possible_) principals_.changed();
  }
  RightsChange(const RightsChange&) = delete;
  RightsChange& operator=(const RightsChange&) = delete;

 private:
  Principals& principals_;
  const bool possible_;
};

// The token of "Authorization: Bearer ..."; nothing when there is no such header.
std::optional<std::string> bearer_token(const http::Request& request) {
  const std::string_view header = request.headers.get("Authorization");
  constexpr std::string_view scheme = "bearer ";
  if (header.size() < scheme.size() ||
      !base::equals_ignore_case(header.substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  return std::string(base::trim(header.substr(scheme.size())));
}

class Authentication {
 public:
  explicit Authentication(Services& services) : services_(services) {}

  io::Task<http::Response> filter(http::Request request, http::Handler next) {
    request.principal.reset();
    if (is_for_anybody(request.route)) co_return co_await next(std::move(request));
    const std::optional<std::string> bearer = bearer_token(request);
    const std::string cookie = bearer ? "" : request.cookie("session");
    if (bearer) {
      const std::optional<Principal> found = co_await services_.principals.find(
          *bearer, [this, &bearer] { return find_bearer(*bearer); });
      found ? attach(request, *found) : attach_refusal(request, bad_token());
    } else if (!cookie.empty()) {
      attach_session(request, co_await services_.principals.find(cookie, [this, &cookie] {
        return services_.sessions.find(cookie);
      }));
    }
    const RightsChange rights(services_.principals, may_change_rights(request));
    http::Response response = co_await next(std::move(request));
    if (response.status == 401 && !response.headers.has("WWW-Authenticate")) {
      response.headers.set("WWW-Authenticate", "Bearer");
    }
    co_return response;
  }

 private:
  io::Task<std::optional<Principal>> find_bearer(std::string token) {
    constexpr std::size_t token_max = 2000;
    if (token.size() > token_max) co_return std::nullopt;
    if (token.starts_with(Tokens::prefix)) co_return co_await services_.tokens.find(token);
    co_return co_await services_.access_tokens.find(token);
  }

  void attach_session(http::Request& request, const std::optional<Principal>& found) const {
    if (!found) return attach_refusal(request, bad_session());
    if (changes_something(request.method) &&
        !services_.sessions.accepts_csrf_token(found->session,
                                               request.headers.get("X-CSRF-Token"))) {
      return attach_refusal(request, bad_csrf());
    }
    attach(request, *found);
  }

  Services& services_;
};

}  // namespace

http::Filter make_authentication(Services& services) {
  auto authentication = std::make_shared<Authentication>(services);
  return [authentication](http::Request request, http::Handler next) {
    return authentication->filter(std::move(request), std::move(next));
  };
}

}  // namespace accounts
