// Files that the build put inside the binary (tools/embed.py): migrations, the OpenAPI document,
// the page.
#pragma once

#include <cstddef>
#include <string_view>

namespace base {

struct EmbeddedFile {
  std::string_view path;  // relative to the embedded folder, '/' as separator
  std::string_view bytes;
};

struct EmbeddedFiles {
  const EmbeddedFile* files = nullptr;
  std::size_t count = 0;

  const EmbeddedFile* begin() const { return files; }
  const EmbeddedFile* end() const { return files + count; }
  const EmbeddedFile* find(std::string_view path) const {
    for (const EmbeddedFile& file : *this) {
      if (file.path == path) return &file;
    }
    return nullptr;
  }
};

}  // namespace base
