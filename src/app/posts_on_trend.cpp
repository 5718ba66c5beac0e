#include "app/posts_on_trend.h"

#include "base/text.h"

#include <algorithm>
#include <map>

namespace app {
namespace {

namespace json = boost::json;

constexpr std::size_t text_shown = 200;

json::value time_or_null(const std::optional<base::Instant>& instant) {
  return instant ? json::value(base::format_rfc3339(*instant)) : json::value(nullptr);
}

using ReactionsOf = std::map<std::string, results::Reactions>;

json::value reactions_json(const ReactionsOf& reactions, const base::TargetId& target) {
  const auto told = reactions.find(target.value);
  if (told == reactions.end()) return nullptr;
  return json::object{{"likes", told->second.likes},
                      {"reposts", told->second.reposts},
                      {"replies", told->second.replies}};
}

json::object post_on_trend(const posts::Post& post, const ReactionsOf& reactions) {
  std::optional<base::Instant> first;
  json::array targets;
  for (const posts::Target& target : post.targets) {
    if (target.published_at)
      first = std::min(first.value_or(*target.published_at), *target.published_at);
    targets.push_back(
        json::object{{"network", target.network},
                     {"state", to_string(target.state)},
                     {"url", target.url.empty() ? json::value(nullptr) : json::value(target.url)},
                     {"published_at", time_or_null(target.published_at)},
                     {"reactions", reactions_json(reactions, target.id)}});
  }
  const std::string text = post.parts.empty() ? "" : post.parts.front().text;
  return {{"id", post.id.value},
          {"text", base::truncate_graphemes(text, text_shown)},
          {"created_at", base::format_rfc3339(post.created_at)},
          {"due_at", time_or_null(post.due_at)},
          {"published_at", time_or_null(first)},
          {"targets", std::move(targets)}};
}

}  // namespace

io::Task<json::array> posts_on_trend(posts::Posts& posts, results::Results& results,
                                     base::WorkspaceId workspace, base::TrendId trend) {
  const auto page = co_await posts.list(std::move(workspace), {.trend = trend.value});
  json::array told;
  if (!page) co_return told;
  std::vector<base::TargetId> targets;
  for (const posts::Post& post : page->posts) {
    for (const posts::Target& target : post.targets) targets.push_back(target.id);
  }
  const ReactionsOf reactions = co_await results.reactions(std::move(targets));
  for (const posts::Post& post : page->posts) told.push_back(post_on_trend(post, reactions));
  co_return told;
}

}  // namespace app
