#include "app/assets.h"

#include "base/check.h"

// Written by the build (cmake/embed.cmake).
base::EmbeddedFiles embedded_migrations();
base::EmbeddedFiles embedded_openapi();
base::EmbeddedFiles embedded_web();

namespace app {

base::EmbeddedFiles embedded_migrations() { return ::embedded_migrations(); }
base::EmbeddedFiles embedded_page() { return ::embedded_web(); }

std::string_view openapi_text() {
  const base::EmbeddedFile* file = ::embedded_openapi().find("openapi.json");
  CHECK(file != nullptr);
  return file->bytes;
}

}  // namespace app
