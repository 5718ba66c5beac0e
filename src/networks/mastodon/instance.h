// What a server of the Mastodon API says about itself: which program it is, and its limits. Asked
// when an account is connected or tested, and kept in the account's details.
#pragma once

#include "networks/network.h"

#include <optional>
#include <string>

#include <boost/json.hpp>

namespace networks::mastodon {

// Reads GET /api/v2/instance, or /api/v1/instance of an older server, into an account's details:
// {"software_version", "max_characters", ...}. Fields the server does not tell
// are absent.
json::object instance_details(const json::value& instance);

// The limits of an account; `fallback` where its details say nothing. Absurd figures are not
// believed.
Limits limits_of(const json::object& details, Limits fallback);

}  // namespace networks::mastodon
