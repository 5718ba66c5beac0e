#include "trends/sources/google_trends_items.h"

#include "base/text.h"

#include <algorithm>
#include <pugixml.hpp>

namespace trends {
namespace {

constexpr std::size_t items_max = 100;
constexpr std::size_t title_max = 200;
constexpr std::size_t news_max = 5;
constexpr double searches_per_voice = 1000;
constexpr double voices_max = 500;  // of one look: a bucket is a rough number
constexpr std::int64_t days_kept = 3;

// "5,000+" or "5000+"; 0 when it says nothing.
double searches_of(std::string_view text) {
  double searches = 0;
  for (const char c : text.substr(0, 20)) {
    if (c >= '0' && c <= '9') searches = searches * 10 + (c - '0');
  }
  return std::min(searches, 1e9);
}

std::int64_t day_of(base::Instant at) {
  return std::chrono::floor<std::chrono::days>(at).time_since_epoch() / std::chrono::days{1};
}

Mention mention_of(const pugi::xml_node& item, const std::string& title, base::Instant at) {
  Mention mention{.id = "", .at = at, .author = "", .text = title, .language = ""};
  for (const pugi::xml_node& news : item.children("ht:news_item")) {
    if (mention.links.size() >= news_max) break;
    const std::string url = news.child_value("ht:news_item_url");
    if (!url.empty()) mention.links.push_back(url);
    mention.text += "\n" + base::html_to_text(news.child_value("ht:news_item_title"));
  }
  if (!mention.links.empty()) mention.url = mention.links.front();
  return mention;
}

}  // namespace

Batch read_google_trends(std::string_view body, const std::string& region, base::Instant now,
                         Tally& tally) {
  pugi::xml_document document;
  const bool sound =
      document.load_buffer(body.data(), body.size()) && document.child("rss").child("channel");
  if (!sound) throw base::Unavailable("Google Trends sent something that is not its feed");
  Batch batch;
  std::size_t left = items_max;
  for (const pugi::xml_node& item : document.child("rss").child("channel").children("item")) {
    if (left-- == 0) break;
    const std::string title(base::trim(item.child_value("title")));
    const auto began = base::parse_rfc822(item.child_value("pubDate"));
    const double searches = searches_of(item.child_value("ht:approx_traffic"));
    if (title.empty() || title.size() > title_max || !began || searches <= 0) {
      ++batch.rejected;
      continue;
    }
    const std::string topic = fmt::format("{}:{}:{}", region, day_of(*began), title);
    const auto grown = tally.grow(topic, day_of(*began), searches, Tally::Counting::for_ever);
    const double fresh = grown.value_or(searches);
    if (fresh <= 0) continue;
    // At the first look it is as old as it says.
    Mention mention = mention_of(item, title, grown ? now : std::min(*began, now));
    mention.id = fmt::format("{}:{:.0f}", topic, searches);
    mention.weight = std::clamp(fresh / searches_per_voice, 1.0, voices_max);
    batch.mentions.push_back(std::move(mention));
  }
  tally.prune(day_of(now) - days_kept);
  return batch;
}

}  // namespace trends
