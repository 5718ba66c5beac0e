// The post as the API shows it: schema Post of openapi.json.
#include "base/text.h"
#include "posts/posts.h"

namespace posts {

namespace {

json::value instant_json(const std::optional<base::Instant>& instant) {
  if (!instant) return nullptr;
  return json::value(base::format_rfc3339(*instant));
}

json::array parts_json(const std::vector<Part>& parts) {
  json::array array;
  for (const Part& part : parts) {
    json::array media;
    for (const base::MediaId& id : part.media) media.emplace_back(id.value);
    array.push_back(json::object{{"text", part.text}, {"media", std::move(media)}});
  }
  return array;
}

json::array variants_json(const std::vector<Variant>& variants) {
  json::array array;
  for (const Variant& variant : variants) {
    array.push_back(
        json::object{{"account_id", variant.account.value}, {"parts", parts_json(variant.parts)}});
  }
  return array;
}

json::object target_json(const Target& target) {
  return {{"id", target.id.value},
          {"account_id", target.account.value},
          {"account_handle", target.account_handle},
          {"network", target.network},
          {"part", target.part},
          {"state", to_string(target.state)},
          {"state_reason", target.state_reason},
          {"due_at", instant_json(target.due_at)},
          {"remote_id", target.remote_id},
          {"url", target.url},
          {"published_at", instant_json(target.published_at)},
          {"attempts", target.attempts},
          {"retry_at", instant_json(target.retry_at)}};
}

json::object when_json(const Post& post) {
  json::object when{{"type", to_string(post.when_type)}, {"time_zone", post.time_zone}};
  if (post.when_type == WhenType::at && post.due_at) {
    when["at"] = base::format_rfc3339(*post.due_at);
  }
  return when;
}

json::object too_late_json(TooLate too_late) {
  return {{"policy", to_string(too_late.policy)}, {"after_seconds", too_late.after.count()}};
}

json::value series_json(const std::optional<Occurrence>& occurrence) {
  if (!occurrence) return nullptr;
  return json::object{
      {"id", occurrence->series}, {"occurrence", occurrence->local}, {"apart", occurrence->apart}};
}

}  // namespace

json::array to_json(const std::vector<Warning>& warnings) {
  json::array array;
  for (const Warning& warning : warnings) {
    array.push_back(json::object{{"account_id", warning.account.value},
                                 {"handle", warning.handle},
                                 {"field", warning.notice.field},
                                 {"message", warning.notice.message}});
  }
  return array;
}

json::object content_json(const PostInput& content) {
  return {{"parts", parts_json(content.parts)},
          {"language", content.language},
          {"variants", variants_json(content.variants)},
          {"too_late", too_late_json(content.too_late)},
          {"trend_id", content.trend ? json::value(*content.trend) : json::value(nullptr)}};
}

json::object to_json(const Post& post,
                     const std::function<std::string(const base::MediaId&)>& link) {
  json::array targets;
  for (const Target& target : post.targets) targets.push_back(target_json(target));
  json::array media;
  for (const media::MediaItem& item : post.media) media.push_back(to_json(item, link(item.id)));
  json::value local;
  if (post.local) {
    local = *post.local;
  } else if (post.due_at) {
    local = base::to_wall_time(*post.due_at, post.time_zone);
  }
  return {
      {"id", post.id.value},
      {"state", to_string(post.state())},
      {"parts", parts_json(post.parts)},
      {"language", post.language},
      {"variants", variants_json(post.variants)},
      {"media", std::move(media)},
      {"when", when_json(post)},
      {"due_at", instant_json(post.due_at)},
      {"local", std::move(local)},
      {"time_zone", post.time_zone},
      {"too_late", json::object{{"policy", to_string(post.too_late.policy)},
                                {"after_seconds", post.too_late.after.count()}}},
      {"trend_id", post.trend ? json::value(*post.trend) : json::value(nullptr)},
      {"targets", std::move(targets)},
      {"author", post.author},
      {"approved_by", post.approver.empty() ? json::value(nullptr) : json::value(post.approver)},
      {"series", series_json(post.occurrence)},
      {"warnings", to_json(post.warnings)},
      {"created_at", base::format_rfc3339(post.created_at)},
      {"updated_at", base::format_rfc3339(post.updated_at)},
      {"version", post.version}};
}

}  // namespace posts
