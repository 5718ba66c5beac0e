// Threads (Meta), by its own API: graph.threads.net.
#include "networks/meta/container_network.h"

namespace networks {
namespace {

About make_about() {
  return {.id = "threads",
          .label = "Threads",
          .color = "#101010",
          .retry = RetryClass::safe_by_key,
          .retry_note =
              "If an answer is lost, Threads is asked what became of the prepared post: it can be "
              "published only once.",
          .limits = {.unit = CountUnit::emoji_bytes,
                     .text_max = 500,
                     .media_max = 20,
                     .image_bytes_max = 8 * 1024 * 1024,
                     .alt_text_max = 1000,
                     .media_types = {"image/jpeg", "image/png"}},
          .threads = Threads::part_by_part,
          .alt_text = true,
          .settings = meta::token_settings(
              "A long-lived token of an app with the Threads use case at "
              "developers.facebook.com (User Token Generator), with threads_basic and "
              "threads_content_publish. It is renewed by itself while it is good.",
              "https://graph.threads.net")};
}

meta::Dialect make_dialect() {
  return {.label = "Threads",
          .version = "/v1.0",
          .create = "threads",
          .publish = "threads_publish",
          .list = "threads",
          .quota = "threads_publishing_limit",
          .text = "text",
          .status = "status",
          .refresh_grant = "th_refresh_token",
          .user_fields = "id,username,name,threads_profile_picture_url"};
}

}  // namespace

std::unique_ptr<Network> make_threads() {
  return std::make_unique<meta::ContainerNetwork>(
      make_about(), make_dialect(),
      Budget{.name = "posts in 24 hours", .units = 250, .window = std::chrono::hours(24)});
}

}  // namespace networks
