// Instagram, professional accounts, by the API with Instagram login: graph.instagram.com.
#include "base/text.h"
#include "networks/count.h"
#include "networks/meta/container_network.h"

namespace networks {
namespace {

constexpr std::size_t hashtags_max = 30;

About make_about() {
  return {.id = "instagram",
          .label = "Instagram",
          .color = "#c13584",
          .retry = RetryClass::safe_by_key,
          .retry_note =
              "If an answer is lost, Instagram is asked what became of the prepared post: it can "
              "be published only once.",
          .limits = {.unit = CountUnit::utf16_units,
                     .text_max = 2200,
                     .media_max = 10,
                     .media_min = 1,
                     .image_bytes_max = 8 * 1024 * 1024,
                     .alt_text_max = 1000,
                     .media_types = {"image/jpeg"}},
          .threads = Threads::none,
          .alt_text = true,
          .settings = meta::token_settings(
              "A long-lived token of an app with the Instagram use case at "
              "developers.facebook.com (API setup with Instagram login, Generate token), for a "
              "professional account, with instagram_business_basic and "
              "instagram_business_content_publish. It is renewed by itself while it is good.",
              "https://graph.instagram.com")};
}

meta::Dialect make_dialect() {
  return {.label = "Instagram",
          .version = "/v23.0",
          .create = "media",
          .publish = "media_publish",
          .list = "media",
          .quota = "content_publishing_limit",
          .text = "caption",
          .status = "status_code",
          .refresh_grant = "ig_refresh_token",
          .user_fields = "user_id,username,name,profile_picture_url",
          .names_images = false};
}

class Instagram final : public meta::ContainerNetwork {
 public:
  Instagram()
      : ContainerNetwork(
            make_about(), make_dialect(),
            {.name = "posts in 24 hours", .units = 50, .window = std::chrono::hours(24)}) {}

  std::vector<base::FieldError> check(const std::vector<PartDraft>& parts,
                                      const Limits& limits) const override {
    auto errors = Network::check(parts, limits);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto tags = base::find_hashtags(parts[i].text).size();
      if (tags <= hashtags_max) continue;
      errors.push_back(
          {fmt::format("parts[{}].text", i),
           fmt::format("Instagram takes at most {} hashtags, these are {}.", hashtags_max, tags)});
    }
    return errors;
  }
};

}  // namespace

std::unique_ptr<Network> make_instagram() { return std::make_unique<Instagram>(); }

}  // namespace networks
