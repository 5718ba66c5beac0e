// Converted copies, made once for each content and recipe and kept in the store; whoever needs one
// again within a month finds it.
#pragma once

#include "media/converter.h"
#include "media/files.h"
#include "media/fit.h"
#include "media/item.h"

#include <optional>

namespace media {

inline constexpr std::chrono::days copy_unused_max{30};

struct Copy {
  std::string sha256;
  std::string content_type;
  std::string bytes;
  std::int64_t width = 0;
  std::int64_t height = 0;
};

class Copies {
 public:
  Copies(db::Database& database, const base::Clock& clock, Files& files, Converter& converter);

  bool possible() const { return converter_.available(); }
  // Found or made. An error when the picture is damaged, cannot be made to fit, or is gone.
  io::Task<base::Result<Copy>> get(MediaItem item, Conversion conversion);

  // The type and hash of a copy of this picture; nothing when there is none of that hash.
  io::Task<std::optional<std::string>> type_of(MediaItem item, std::string sha256);

  // Forgets copies that nobody needed for a month, or whose picture is gone; how many.
  io::Task<std::int64_t> remove_unused();

 private:
  io::Task<std::optional<Copy>> find(MediaItem item, std::string recipe);
  io::Task<base::Result<Copy>> make(MediaItem item, Conversion conversion);

  db::Database& database_;
  const base::Clock& clock_;
  Files& files_;
  Converter& converter_;
};

}  // namespace media
