// A filter: the statements and outgoing calls of a request become spans below its own. Only of
// those traces that are sent anyway (app/span_exporter.h); outermost, so that nothing is missed.
#pragma once

#include "app/settings.h"
#include "http/router.h"

namespace app {

http::Filter trace_requests(const Settings& settings);

}  // namespace app
