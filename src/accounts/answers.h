// What the routes of this module answer with, in the shapes of the OpenAPI document.
#pragma once

#include "accounts/services.h"
#include "http/message.h"

namespace accounts {

// JSON that no cache may keep: it is about one person.
http::Response private_json(const json::value& value, int status = 200);

// {"items": [...], "next_cursor": null}: lists here are bounded, so they come in one page.
template <class Items, class ToJson>
json::object page_of(const Items& items, ToJson to_json_object) {
  json::array array;
  for (const auto& item : items) array.push_back(to_json_object(item));
  return {{"items", std::move(array)}, {"next_cursor", nullptr}};
}

json::value instant_or_null(const std::optional<base::Instant>& instant);

json::object to_json(const Workspace& workspace);
json::object to_json(const Member& member);
// Without its token.
json::object to_json(const Invitation& invitation);
json::object to_json(const PersonalToken& token);
// With the limits of the account's own server.
json::object to_json(const AccountView& account);
json::object to_json(const networks::Network::Health& health);

// GET /api/user of this person in this workspace. `session`: its hash, or empty for a bearer token.
io::Task<base::Result<json::object>> user_json(Services& services, Membership who,
                                               std::string session);

}  // namespace accounts
