// The HTTP face of notices: /api/notices, /api/notice-channels and below.
#pragma once

#include "http/router.h"
#include "notices/notices.h"

namespace notices {

// `notices` outlives the router.
void bind(http::Router& router, Notices& notices);

}  // namespace notices
