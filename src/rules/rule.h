// Rules: trigger -> conditions -> actions, as a person writes them, and the checking of them.
#pragma once

#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/time.h"
#include "captions/caption.h"

#include <optional>
#include <string>
#include <vector>

namespace rules {

enum class TriggerType {
  trend,  // a trend of the watch list passes the thresholds
  item,   // an item of a feed is of interest to the watch list
};
enum class PostMode {
  draft,     // for a person to finish
  approval,  // in the next slot, once somebody approves it
  slot,      // in the next slot
};
enum class Freshness {
  publish,  // whatever became of the trend
  hold,     // a person is asked when the trend has died
  drop,     // it is not published then
};
std::string_view to_string(TriggerType type);
std::string_view to_string(PostMode mode);
std::string_view to_string(Freshness policy);

struct Trigger {
  TriggerType type = TriggerType::trend;
  double score_min = 0;
  double authors_min = 0;
  std::int64_t sources_min = 1;
  double relevance_min = 0.5;
  bool coordinated = false;  // also what comes from few hands
};

struct Conditions {
  std::vector<std::string> languages = {};  // any of them; empty: all
  std::string time_zone = "UTC";
  std::optional<int> from = {};  // minutes of the day; `to` before `from` spans midnight
  std::optional<int> to = {};
  std::int64_t per_day_max = 3;  // actions in a day of the zone
  std::chrono::minutes cool_down{60};
};

struct PostAction {
  PostMode mode = PostMode::draft;
  std::vector<base::AccountId> accounts;
  captions::CaptionRequest caption;
};

struct Rule {
  std::string name;
  bool enabled = true;
  std::string list;  // of its trigger
  Trigger trigger;
  Conditions conditions;
  std::optional<PostAction> post;
  bool notify = true;
  Freshness freshness = Freshness::hold;
  double fresh_score_min = 4;
};

// `zone_of_workspace` where none is named. Each bad field is named.
base::Result<Rule> read_rule(const json::value& body, std::string_view zone_of_workspace);
json::object to_json(const Rule& rule);

}  // namespace rules
