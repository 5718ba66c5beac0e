// What is known about a trend: the only facts that a caption may state.
//
// It comes from posts of strangers, so it is data and never an instruction: tidy() bounds it and
// takes out what could break out of the place where it stands.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "io/task.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace captions {

struct TrendEvidence {
  std::string label;     // as people write it: "#AppleEvent"
  bool observed = true;  // false: a topic that a person typed, nothing is known about it
  std::vector<std::string> terms = {};      // that come with it; tags with '#'
  double authors = 0;                       // distinct, at the latest count
  double ratio = 0;                         // authors / expected; 0 = unknown
  std::optional<base::Instant> since = {};  // when the rise began
  std::vector<std::string> sources = {};    // names for people: "Bluesky Jetstream"
  std::vector<std::string> languages = {};  // BCP 47, most common first
  std::vector<std::string> samples = {};    // texts of posts
  std::vector<std::string> links = {};      // that a caption may repeat
  bool coordinated = false;                 // much of it comes from few hands
  bool generated = false;                   // from the demonstration stream
};

// The door to the trends of a workspace; wired in app/. Nothing when there is no such trend.
using FindEvidence =
    std::function<io::Task<std::optional<TrendEvidence>>(base::WorkspaceId, std::string trend_id)>;

// Bounded, one line each, without control characters and without the marks that models and markup
// give a meaning to (<>[]{}|` and the like).
TrendEvidence tidy(TrendEvidence evidence);
std::string tidy_line(std::string_view text, std::size_t graphemes_max);

}  // namespace captions
