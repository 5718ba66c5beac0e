// Whether a rule acts on a story now, and if not why, in words. Pure: the engine and the dry run
// ask the same.
#pragma once

#include "rules/rule.h"

#include <optional>
#include <string>
#include <vector>

namespace rules {

// A trend, or an item of a feed, as a rule sees it.
struct Story {
  std::string id;
  std::string label;
  std::string text = {};  // of an item
  std::string url = {};   // of an item
  std::string matched_by = {};
  double score = 0;
  double authors = 0;
  std::int64_t sources = 0;
  double relevance = 0;
  std::vector<std::string> languages = {};
  bool coordinated = false;
  bool generated = false;  // invented: nothing acts on it
};
// From a body as the archive keeps it (trends/trend_json.h).
Story story_of(std::string id, double score, const json::object& trend);

// What the rule did so far.
struct Past {
  std::int64_t acted_today = 0;  // since day_begin()
  std::optional<base::Instant> last_acted = {};
};

// The beginning of the day in the rule's zone.
base::Instant day_begin(const Conditions& conditions, base::Instant now);

// Nothing: it acts.
std::optional<std::string> why_not(const Rule& rule, const Story& story, const Past& past,
                                   base::Instant now);

}  // namespace rules
