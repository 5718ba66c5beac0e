#include "networks/mastodon/instance.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/answer.h"
#include "networks/fields.h"

namespace networks::mastodon {
namespace {

// Copies a positive figure from the first pointer that has one.
void copy_figure(json::object& into, std::string_view name, const json::value& from,
                 std::initializer_list<std::string_view> pointers) {
  for (const auto pointer : pointers) {
    if (const auto figure = base::integer_at(from, pointer); figure > 0) {
      into[name] = figure;
      return;
    }
  }
}

void take(std::int64_t& limit, const json::object& details, std::string_view name,
          std::int64_t max) {
  const auto figure = integer_field(details, name);
  if (figure > 0) limit = std::min(figure, max);
}

}  // namespace

json::object instance_details(const json::value& instance) {
  json::object details{{"software_version", clean_words(base::text_at(instance, "/version"))}};
  copy_figure(details, "max_characters", instance,
              {"/configuration/statuses/max_characters", "/max_toot_chars", "/max_characters"});
  copy_figure(details, "characters_reserved_per_url", instance,
              {"/configuration/statuses/characters_reserved_per_url"});
  copy_figure(details, "max_media_attachments", instance,
              {"/configuration/statuses/max_media_attachments", "/max_media_attachments"});
  copy_figure(details, "image_size_limit", instance,
              {"/configuration/media_attachments/image_size_limit", "/upload_limit"});
  copy_figure(details, "image_matrix_limit", instance,
              {"/configuration/media_attachments/image_matrix_limit"});
  copy_figure(details, "description_limit", instance,
              {"/configuration/media_attachments/description_limit", "/description_limit"});
  const auto* types = base::find(instance, "/configuration/media_attachments/supported_mime_types");
  if (types != nullptr && types->is_array()) {
    json::array images;
    for (const auto& type : types->get_array()) {
      if (!type.is_string() || images.size() == 30) continue;
      if (std::string_view(type.get_string()).starts_with("image/")) images.push_back(type);
    }
    if (!images.empty()) details["media_types"] = std::move(images);
  }
  return details;
}

Limits limits_of(const json::object& details, Limits fallback) {
  Limits limits = std::move(fallback);
  take(limits.text_max, details, "max_characters", 1'000'000);
  take(limits.url_length, details, "characters_reserved_per_url", 4000);
  take(limits.media_max, details, "max_media_attachments", 100);
  take(limits.image_bytes_max, details, "image_size_limit", 1 << 30);
  take(limits.image_pixels_max, details, "image_matrix_limit", 1 << 30);
  take(limits.alt_text_max, details, "description_limit", 100'000);
  // Pixelfed is for pictures: it refuses a post without one.
  if (base::to_lower_ascii(text_field(details, "software_version")).contains("pixelfed")) {
    limits.media_min = 1;
  }
  const auto* types = details.if_contains("media_types");
  if (types != nullptr && types->is_array()) {
    limits.media_types.clear();
    for (const auto& type : types->get_array()) {
      if (type.is_string()) limits.media_types.emplace_back(std::string_view(type.get_string()));
    }
  }
  return limits;
}

}  // namespace networks::mastodon
