// The HTTP face of rules: /api/rules and below.
#pragma once

#include "http/router.h"
#include "rules/engine.h"

#include <functional>

namespace rules {

struct Services {
  Store& store;
  Engine& engine;
  topics::Lists& lists;
  accounts::Accounts& accounts;
  // A rule was changed: {"type": "rule", "id"}; may be empty.
  std::function<void(base::WorkspaceId, json::object)> changed = {};
};

// What `services` refers to outlives the router.
void bind(http::Router& router, Services services);

}  // namespace rules
