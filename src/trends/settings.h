// Settings of sources and trends.
#pragma once

#include "base/config.h"

#include <chrono>
#include <string>
#include <vector>

namespace trends {

struct Settings {
  std::string default_sources;  // comma-separated ids of source types
  std::string source_weights;   // "mastodon=0.5,feed=0.2"
  std::int64_t min_authors = 0;
  std::string recordings_dir;  // empty = DATA_DIR/recordings
  std::int64_t shards = 1;
  std::chrono::milliseconds tick{};
  std::chrono::milliseconds snapshot_every{};
  std::chrono::milliseconds retention{};
};

void declare(base::Config& config, Settings& into);

// The types named by default_sources; unknown names are left out with a warning in the log.
std::vector<std::string> default_source_types(const Settings& settings);

}  // namespace trends
