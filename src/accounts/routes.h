// The HTTP face of this module: people, workspaces, connected accounts and live events.
#pragma once

#include "http/router.h"

namespace accounts {

struct Services;

// `services` outlive the router.
void bind(http::Router& router, Services& services);

// Of `bind`, what a process of the role automation answers as well.
void bind_automation(http::Router& router, Services& services);

}  // namespace accounts
