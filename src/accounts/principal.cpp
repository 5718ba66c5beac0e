#include "accounts/principal.h"

#include "base/check.h"

namespace accounts {
namespace {

// What Request::principal points to; nobody else looks inside.
using Attached = std::variant<Principal, base::Error>;

constexpr std::array<std::string_view, 5> role_names{"viewer", "editor", "approver", "admin",
                                                     "owner"};

}  // namespace

std::string_view to_string(Role role) { return role_names.at(static_cast<std::size_t>(role)); }

base::Result<Role> parse_role(std::string_view text) {
  const auto found = std::ranges::find(role_names, text);
  if (found == role_names.end()) {
    return base::invalid("role", "must be viewer, editor, approver, admin or owner");
  }
  return static_cast<Role>(found - role_names.begin());
}

void attach(http::Request& request, Principal principal) {
  request.principal = std::make_shared<const Attached>(std::move(principal));
}

void attach_refusal(http::Request& request, base::Error refusal) {
  request.principal = std::make_shared<const Attached>(std::move(refusal));
}

base::Result<Principal> principal(const http::Request& request, Role needed) {
  if (!request.principal) {
    return base::fail(
        {.status = 401, .code = "unauthenticated", .message = "Sign in, or send a bearer token."});
  }
  const auto& attached = *static_cast<const Attached*>(request.principal.get());
  if (const auto* refusal = std::get_if<base::Error>(&attached)) return base::fail(*refusal);
  const auto& found = std::get<Principal>(attached);
  if (found.role < needed) {
    return base::forbidden(fmt::format("This needs the role {}; yours is {}.", to_string(needed),
                                       to_string(found.role)));
  }
  return found;
}

}  // namespace accounts
