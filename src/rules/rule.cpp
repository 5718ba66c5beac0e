#include "rules/rule.h"

#include <fmt/format.h>

namespace rules {
namespace {

constexpr std::size_t accounts_max = 50;

// "08:30" as minutes of the day.
std::optional<int> minutes_of(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  if (!digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
  const int hours = (text[0] - '0') * 10 + text[1] - '0';
  const int minutes = (text[3] - '0') * 10 + text[4] - '0';
  if (hours > 23 || minutes > 59) return std::nullopt;
  return hours * 60 + minutes;
}

json::value time_of_day(std::optional<int> minutes) {
  if (!minutes) return nullptr;
  return json::value(fmt::format("{:02}:{:02}", *minutes / 60, *minutes % 60));
}

// The one of `all` whose name it is; `fallback` when absent or wrong (an error then).
template <class Enum>
Enum read_choice(base::JsonReader& in, std::string_view name, std::vector<Enum> all,
                 Enum fallback) {
  const auto text = in.optional_text(name, {.min = 1, .max = 20});
  if (!text) return fallback;
  std::vector<std::string> names;
  for (const Enum each : all) {
    if (to_string(each) == *text) return each;
    names.emplace_back(to_string(each));
  }
  in.error(name, fmt::format("must be one of {}", fmt::join(names, ", ")));
  return fallback;
}

Trigger read_trigger(base::JsonReader& in) {
  Trigger trigger;
  trigger.type =
      read_choice(in, "type", {TriggerType::trend, TriggerType::item}, TriggerType::trend);
  trigger.score_min = in.optional_number("score_min", 0, 10'000).value_or(trigger.score_min);
  trigger.authors_min =
      in.optional_number("authors_min", 0, 1'000'000).value_or(trigger.authors_min);
  trigger.sources_min = in.optional_integer("sources_min", 1, 20).value_or(trigger.sources_min);
  trigger.relevance_min = in.optional_number("relevance_min", 0, 1).value_or(trigger.relevance_min);
  trigger.coordinated = in.optional_boolean("coordinated").value_or(trigger.coordinated);
  return trigger;
}

std::optional<int> read_time(base::JsonReader& in, std::string_view name) {
  const auto text = in.optional_text(name, {.max = 10});
  if (!text) return std::nullopt;
  const auto minutes = minutes_of(*text);
  if (!minutes) in.error(name, "must be a time of day such as 08:30");
  return minutes;
}

Conditions read_conditions(base::JsonReader& in, std::string_view zone_of_workspace) {
  Conditions conditions{.time_zone = std::string(zone_of_workspace)};
  if (in.has("languages")) conditions.languages = in.texts("languages", 30, {.min = 2, .max = 3});
  if (auto zone = in.optional_text("time_zone", {.min = 1, .max = 100})) {
    conditions.time_zone = std::move(*zone);
  }
  if (!base::is_time_zone(conditions.time_zone)) in.error("time_zone", "is not a time zone");
  conditions.from = read_time(in, "from");
  conditions.to = read_time(in, "to");
  if (conditions.from.has_value() != conditions.to.has_value()) {
    in.error("to", "give both from and to, or neither");
  }
  conditions.per_day_max =
      in.optional_integer("per_day_max", 1, 1000).value_or(conditions.per_day_max);
  conditions.cool_down = std::chrono::minutes(
      in.optional_integer("cool_down_minutes", 0, 10'080).value_or(conditions.cool_down.count()));
  return conditions;
}

PostAction read_post(base::JsonReader& in) {
  PostAction post;
  post.mode =
      read_choice(in, "mode", {PostMode::draft, PostMode::approval, PostMode::slot}, post.mode);
  for (std::string& id : in.texts("account_ids", accounts_max, {.min = 1, .max = 100})) {
    post.accounts.push_back({std::move(id)});
  }
  if (post.accounts.empty()) in.error("account_ids", "name at least one account");
  const auto tone = captions::parse_tone(in.optional_text("tone", {.max = 20}).value_or("neutral"));
  if (tone) post.caption.tone = *tone;
  if (!tone) in.error("tone", tone.error().fields.front().message);
  post.caption.language = in.optional_text("language", {.max = 35}).value_or("");
  post.caption.instructions = in.optional_text("instructions", {.max = 1000}).value_or("");
  return post;
}

// An inner object by its own reader; absent is empty.
template <class Read>
auto read_inner(base::JsonReader& in, std::string_view name, Read read) {
  const json::object* object = in.optional_object(name);
  const json::value written(object != nullptr ? *object : json::object{});
  base::JsonReader inner(written, in.path(name));
  auto value = read(inner);
  in.absorb(inner);
  return value;
}

}  // namespace

std::string_view to_string(TriggerType type) {
  return type == TriggerType::trend ? "trend" : "item";
}

std::string_view to_string(PostMode mode) {
  if (mode == PostMode::draft) return "draft";
  return mode == PostMode::approval ? "approval" : "slot";
}

std::string_view to_string(Freshness policy) {
  if (policy == Freshness::publish) return "publish";
  return policy == Freshness::hold ? "hold" : "drop";
}

base::Result<Rule> read_rule(const json::value& body, std::string_view zone_of_workspace) {
  base::JsonReader in(body);
  Rule rule{.name = in.text("name", {.min = 1, .max = 100}),
            .enabled = in.optional_boolean("enabled").value_or(true),
            .list = in.text("watch_list_id", {.min = 1, .max = 100})};
  rule.trigger = read_inner(in, "trigger", read_trigger);
  rule.conditions = read_inner(in, "conditions", [&](base::JsonReader& inner) {
    return read_conditions(inner, zone_of_workspace);
  });
  const bool has_post = in.has("post") && !in.is_null("post");
  if (has_post) rule.post = read_inner(in, "post", read_post);
  if (!has_post && in.has("post")) in.optional_object("post");
  rule.notify = in.optional_boolean("notify").value_or(true);
  rule.freshness = read_choice(
      in, "freshness", {Freshness::publish, Freshness::hold, Freshness::drop}, rule.freshness);
  rule.fresh_score_min =
      in.optional_number("fresh_score_min", 0, 10'000).value_or(rule.fresh_score_min);
  if (!rule.post && !rule.notify) in.error("post", "a rule must post or notify");
  if (auto good = in.finish(); !good) return std::unexpected(good.error());
  return rule;
}

json::object to_json(const Rule& rule) {
  json::value post = nullptr;
  if (rule.post) {
    json::array accounts;
    for (const base::AccountId& account : rule.post->accounts) accounts.emplace_back(account.value);
    post = json::object{{"mode", to_string(rule.post->mode)},
                        {"account_ids", std::move(accounts)},
                        {"tone", captions::to_string(rule.post->caption.tone)},
                        {"language", rule.post->caption.language},
                        {"instructions", rule.post->caption.instructions}};
  }
  const Conditions& conditions = rule.conditions;
  return {{"name", rule.name},
          {"enabled", rule.enabled},
          {"watch_list_id", rule.list},
          {"trigger", json::object{{"type", to_string(rule.trigger.type)},
                                   {"score_min", rule.trigger.score_min},
                                   {"authors_min", rule.trigger.authors_min},
                                   {"sources_min", rule.trigger.sources_min},
                                   {"relevance_min", rule.trigger.relevance_min},
                                   {"coordinated", rule.trigger.coordinated}}},
          {"conditions", json::object{{"languages", json::array(conditions.languages.begin(),
                                                                conditions.languages.end())},
                                      {"time_zone", conditions.time_zone},
                                      {"from", time_of_day(conditions.from)},
                                      {"to", time_of_day(conditions.to)},
                                      {"per_day_max", conditions.per_day_max},
                                      {"cool_down_minutes", conditions.cool_down.count()}}},
          {"post", std::move(post)},
          {"notify", rule.notify},
          {"freshness", to_string(rule.freshness)},
          {"fresh_score_min", rule.fresh_score_min}};
}

}  // namespace rules
