// Where tests find recorded data that is not part of the project; they skip loudly without it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace trends {

inline std::optional<std::filesystem::path> shared_data(const char* name) {
  const char* set = std::getenv("SOCIALTREND_SHARED");
  const std::filesystem::path root =
      set != nullptr ? std::filesystem::path(set)
                     : std::filesystem::path(SOURCE_DIR).parent_path() / "shared";
  const auto path = root / "data" / name;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}

}  // namespace trends
