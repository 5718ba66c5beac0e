#include "rules/verdict.h"

#include <algorithm>

#include <fmt/format.h>

namespace rules {
namespace {

constexpr double share_min = 0.1;  // of a language or source that counts

std::vector<std::string> names_of(const json::object& trend, std::string_view shares) {
  std::vector<std::string> names;
  const json::value* list = trend.if_contains(shares);
  if (list == nullptr || !list->is_array()) return names;
  for (const json::value& entry : list->get_array()) {
    const json::value* share = base::find(entry, "/share");
    const bool counts =
        share != nullptr && share->is_number() && share->to_number<double>() >= share_min;
    if (counts) names.push_back(base::text_at(entry, "/id"));
  }
  return names;
}

std::optional<std::string> below_threshold(const Trigger& trigger, const Story& story) {
  if (story.relevance < trigger.relevance_min) {
    return fmt::format("Its relevance {:.2f} is below {:.2f}.", story.relevance,
                       trigger.relevance_min);
  }
  if (story.score < trigger.score_min) {
    return fmt::format("Its score {:.1f} is below {:.1f}.", story.score, trigger.score_min);
  }
  if (story.authors < trigger.authors_min) {
    return fmt::format("{:.0f} authors are fewer than {:.0f}.", story.authors, trigger.authors_min);
  }
  if (story.sources < trigger.sources_min) {
    return fmt::format("{} sources are fewer than {}.", story.sources, trigger.sources_min);
  }
  if (story.coordinated && !trigger.coordinated) return "It looks coordinated: few hands.";
  return std::nullopt;
}

std::optional<std::string> outside_hours(const Conditions& conditions, base::Instant now) {
  if (!conditions.from || !conditions.to) return std::nullopt;
  const std::string wall = base::to_wall_time(now, conditions.time_zone);  // 2026-11-23T10:00:00
  const int minute = std::stoi(wall.substr(11, 2)) * 60 + std::stoi(wall.substr(14, 2));
  const bool over_midnight = *conditions.to <= *conditions.from;
  const bool after = minute >= *conditions.from;
  const bool before = minute < *conditions.to;
  if (over_midnight ? after || before : after && before) return std::nullopt;
  return fmt::format("It is {} in {}: outside of its hours.", wall.substr(11, 5),
                     conditions.time_zone);
}

std::optional<std::string> in_the_way(const Conditions& conditions, const Story& story,
                                      const Past& past, base::Instant now) {
  const auto wanted = [&](const std::string& language) {
    return std::ranges::find(conditions.languages, language) != conditions.languages.end();
  };
  if (!conditions.languages.empty() && !story.languages.empty() &&
      std::ranges::none_of(story.languages, wanted)) {
    return "None of its languages is one of the rule's.";
  }
  if (auto hours = outside_hours(conditions, now)) return hours;
  if (past.acted_today >= conditions.per_day_max) {
    return fmt::format("It has acted {} times today, which is its most.", past.acted_today);
  }
  if (past.last_acted && now < *past.last_acted + conditions.cool_down) {
    const auto left =
        std::chrono::ceil<std::chrono::minutes>(*past.last_acted + conditions.cool_down - now);
    return fmt::format("It cools down for {} more minutes.", left.count());
  }
  return std::nullopt;
}

}  // namespace

Story story_of(std::string id, double score, const json::object& trend) {
  const json::value value(trend);
  const json::value* authors = base::find(value, "/authors");
  return {.id = std::move(id),
          .label = base::text_at(value, "/label"),
          .score = score,
          .authors = authors != nullptr && authors->is_number() ? authors->to_number<double>() : 0,
          .sources = static_cast<std::int64_t>(names_of(trend, "sources").size()),
          .languages = names_of(trend, "languages"),
          .coordinated = base::boolean_at(value, "/coordinated")};
}

base::Instant day_begin(const Conditions& conditions, base::Instant now) {
  const std::string wall = base::to_wall_time(now, conditions.time_zone);
  return base::from_wall_time(wall.substr(0, 11) + "00:00:00", conditions.time_zone)
      .value_or(now - std::chrono::days{1});
}

std::optional<std::string> why_not(const Rule& rule, const Story& story, const Past& past,
                                   base::Instant now) {
  if (story.generated) return "It is from the demonstration, not from people.";
  if (rule.trigger.type == TriggerType::trend) {
    if (auto below = below_threshold(rule.trigger, story)) return below;
  }
  return in_the_way(rule.conditions, story, past, now);
}

}  // namespace rules
