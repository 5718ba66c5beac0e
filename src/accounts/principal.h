// Who is asking: what authentication puts on a request, and what every handler starts with.
#pragma once

#include "base/error.h"
#include "base/id.h"
#include "http/message.h"

#include <string>
#include <string_view>

namespace accounts {

// Ascending rights: an approver writes like an editor and lets go what others wrote.
enum class Role { viewer, editor, approver, admin, owner };
std::string_view to_string(Role role);
base::Result<Role> parse_role(std::string_view text);

struct Principal {
  base::UserId user;
  base::WorkspaceId workspace;
  Role role = Role::viewer;
  std::string time_zone;           // IANA name of the workspace
  bool by_session = false;         // a cookie (CSRF token was checked), not a token
  bool approval_required = false;  // of the workspace
  std::string session = {};        // the stored hash of its session; empty for a token
};

// The principal of an authenticated request; 401 when there is none, 403 when its role is below
// `needed`. A handler begins with:
//   auto who = accounts::principal(request, accounts::Role::editor);
//   if (!who) co_return http::problem(who.error(), request.request_id);
base::Result<Principal> principal(const http::Request& request, Role needed);

// For the authentication filter: who asks, or why the credentials that came do not count.
void attach(http::Request& request, Principal principal);
void attach_refusal(http::Request& request, base::Error refusal);

}  // namespace accounts
