#include "trends/sources/reddit_items.h"

#include "base/json.h"
#include "base/text.h"

#include <algorithm>
#include <cmath>

namespace trends {
namespace {

constexpr std::size_t posts_max = 100;
constexpr std::size_t text_max = 4000;

std::optional<base::Instant> written_at(const json::value& post) {
  const json::value* seconds = base::find(post, "/created_utc");
  if (seconds == nullptr || !seconds->is_number()) return {};
  const double since_epoch = seconds->to_number<double>();
  if (!std::isfinite(since_epoch) || since_epoch <= 0 || since_epoch > 1e11) return {};
  return base::from_micros(static_cast<std::int64_t>(since_epoch) * 1'000'000);
}

}  // namespace

Batch read_reddit_listing(const json::value& answer, base::Instant now) {
  const json::value* list = base::find(answer, "/data/children");
  if (list == nullptr || !list->is_array()) throw base::Unavailable("Reddit sent no list of posts");
  Batch batch;
  std::size_t left = posts_max;
  for (const json::value& child : list->get_array()) {
    if (left-- == 0) break;
    const json::value* post = base::find(child, "/data");
    const auto at = post != nullptr ? written_at(*post) : std::nullopt;
    const std::string id = post != nullptr ? base::text_at(*post, "/name") : "";
    if (!at || !id.starts_with("t3_") || base::text_at(*post, "/title").empty()) {
      ++batch.rejected;
      continue;
    }
    const std::string author = base::text_at(*post, "/author");
    if (author.empty() || author == "[deleted]") continue;
    Mention mention{.id = id,
                    .at = std::min(*at, now),
                    .author = "u/" + author,
                    .text = base::text_at(*post, "/title"),
                    .language = ""};
    const std::string said = base::text_at(*post, "/selftext");
    if (!said.empty()) {
      mention.text += "\n" + base::clean_utf8(std::string_view(said).substr(0, text_max));
    }
    const bool is_link = !base::boolean_at(*post, "/is_self");
    if (const std::string url = base::text_at(*post, "/url"); is_link && !url.empty()) {
      mention.links = {url};
    }
    const std::string path = base::text_at(*post, "/permalink");
    if (path.starts_with('/')) mention.url = "https://www.reddit.com" + path;
    batch.mentions.push_back(std::move(mention));
  }
  std::ranges::sort(batch.mentions, {}, &Mention::at);
  return batch;
}

}  // namespace trends
