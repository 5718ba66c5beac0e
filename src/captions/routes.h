// POST /automation/api/ai/caption.
#pragma once

#include "captions/captioning.h"
#include "http/router.h"

namespace captions {

// What `services` refers to outlives the router.
void bind(http::Router& router, Services services);

}  // namespace captions
