// Serves embedded files: strong ETag, 304, precompressed .br and .gz siblings by Accept-Encoding,
// immutable caching for hashed names under assets/, the security headers of a page (CSP),
// index.html for the page's own routes.
#pragma once

#include "base/embedded.h"
#include "http/router.h"

namespace http {

Handler static_files(base::EmbeddedFiles files);

}  // namespace http
