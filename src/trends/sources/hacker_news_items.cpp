#include "trends/sources/hacker_news_items.h"

#include "base/text.h"

namespace trends {
namespace {

constexpr std::size_t html_max = 64 * 1024;
constexpr std::int64_t time_max = 32'503'680'000;  // the year 3000

}  // namespace

HackerNewsItem read_hacker_news_item(const json::value& item, base::Instant now) {
  if (!item.is_object()) return {};
  const std::string type = base::text_at(item, "/type");
  const bool removed = base::boolean_at(item, "/deleted") || base::boolean_at(item, "/dead");
  if (removed || type == "pollopt") return {.verdict = ItemVerdict::ignored};
  const std::int64_t id = base::integer_at(item, "/id");
  const std::int64_t time = base::integer_at(item, "/time");
  const std::string author = base::text_at(item, "/by");
  if (id <= 0 || time <= 0 || time > time_max || author.empty() || type.empty()) return {};

  std::string text = base::text_at(item, "/title");
  const std::string html = base::text_at(item, "/text");
  if (!html.empty()) {
    if (!text.empty()) text += '\n';
    text += base::html_to_text(std::string_view(html).substr(0, html_max));
  }
  if (text.empty()) return {};
  HackerNewsItem read{.verdict = ItemVerdict::mention,
                      .mention = {.id = fmt::format("{}", id),
                                  .at = std::min(now, base::from_micros(time * 1'000'000)),
                                  .author = author,
                                  .text = std::move(text),
                                  .language = "en"}};
  read.mention.url = fmt::format("https://news.ycombinator.com/item?id={}", id);
  if (auto url = base::text_at(item, "/url"); !url.empty()) {
    read.mention.links.push_back(std::move(url));
  }
  return read;
}

}  // namespace trends
