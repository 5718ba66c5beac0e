// Routes of the sources; called by bind() of routes.h.
#pragma once

#include "trends/routes.h"

namespace trends {

void bind_sources(http::Router& router, Services& services);

}  // namespace trends
