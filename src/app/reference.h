// The OpenAPI document as JSON and as a page for people.
#pragma once

#include "http/router.h"

namespace app {

// GET /api/openapi.json, /docs and /automation/docs.
void bind_reference(http::Router& router);

}  // namespace app
