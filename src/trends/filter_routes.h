// GET and PATCH /api/trend-filters, POST and DELETE of its entries. A part of routes.h.
#pragma once

#include "trends/routes.h"

namespace trends {

void bind_filters(http::Router& router, Services& services);

}  // namespace trends
