#include "trends/settings.h"

#include "base/log.h"
#include "base/text.h"
#include "trends/source.h"

namespace trends {
namespace {

using namespace std::chrono_literals;

std::string on_by_default() {
  std::vector<std::string> types;
  for (const auto& source : all_sources()) {
    if (source->about().on_by_default) types.push_back(source->about().id);
  }
  return base::join(types, ",");
}

}  // namespace

void declare(base::Config& config, Settings& into) {
  config.text(
      "TREND_SOURCES", into.default_sources, on_by_default(),
      "Sources that a new installation listens to, or none; later they are changed on the page.");
  config.text("TREND_SOURCE_WEIGHTS", into.source_weights, "",
              "Share of a source type's authors that counts, such as mastodon=0.5,feed=0.2; 1 for "
              "others. A source may have a weight of its own.");
  config.integer("TREND_MIN_AUTHORS", into.min_authors, 5, 2, 10'000,
                 "Trends of fewer distinct authors are never shown; workspaces may ask for more.");
  config.text("RECORDINGS_DIR", into.recordings_dir, "",
              "Folder that recordings may be read from; empty means DATA_DIR/recordings.");
  config.integer("TREND_SHARDS", into.shards, 1, 1, 64,
                 "Among how many automation processes the authors of one firehose are divided.");
  config.duration("TREND_TICK", into.tick, 60s, 1s, 10min,
                  "How often the list of trends is made anew.");
  config.duration("TREND_SNAPSHOT_EVERY", into.snapshot_every, 5min, 1s, 1h,
                  "How often the state of the trend detector is saved.");
  config.duration(
      "TREND_RETENTION", into.retention, std::chrono::days{365}, std::chrono::days{1},
      std::chrono::days{3650},
      "How long trends that no longer rise can be searched; their posts are kept a week.");
}

std::vector<std::string> default_source_types(const Settings& settings) {
  std::vector<std::string> types;
  for (const std::string_view part : base::split(settings.default_sources, ',')) {
    const std::string type(base::trim(part));
    if (type.empty() || type == "none") continue;
    if (source_by_id(type) != nullptr) {
      types.push_back(type);
    } else {
      base::log_warn("unknown_default_source", {{"source.type", json::value(type)}});
    }
  }
  return types;
}

}  // namespace trends
