// Credentials of connected accounts as data: how a renewed set joins the one that is known, and
// what of an identity that a network reported may be kept.
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "networks/network.h"

namespace accounts {

// `fresh` over `known`, except that null and empty values never replace anything.
json::object merge_credentials(json::object known, const json::object& fresh);

// A network's words about an identity, bounded and cleaned: links are http(s) or nothing.
base::Result<networks::Identity> tidy_identity(networks::Identity identity);

}  // namespace accounts
