// The page: static files for every path that no API owns.
#pragma once

#include "http/router.h"

namespace app {

// Paths of the APIs that nobody answers are 404, not the page.
http::Handler page();

}  // namespace app
