// What the build put inside the binary.
#pragma once

#include "base/embedded.h"

namespace app {

base::EmbeddedFiles embedded_migrations();
std::string_view openapi_text();  // the OpenAPI document, JSON
base::EmbeddedFiles
embedded_page();  // the built web app; only its static part when it was not built

}  // namespace app
