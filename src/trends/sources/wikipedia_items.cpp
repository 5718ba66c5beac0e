#include "trends/sources/wikipedia_items.h"

#include "base/json.h"
#include "base/text.h"

#include <algorithm>

namespace trends {
namespace {

constexpr std::size_t changes_max = 500;
constexpr std::size_t title_max = 300;

std::string article_url(const std::string& language, std::string title) {
  std::ranges::replace(title, ' ', '_');
  return fmt::format("https://{}.wikipedia.org/wiki/{}", language, base::url_encode(title));
}

// "Springfield (Ohio)" is about Springfield: what is in brackets tells namesakes apart.
std::string words_of(const std::string& title) {
  return std::string(base::trim(std::string_view(title).substr(0, title.find(" ("))));
}

}  // namespace

WikipediaPage read_recent_changes(const json::value& answer, const std::string& language,
                                  std::int64_t known, base::Instant now) {
  const json::value* list = base::find(answer, "/query/recentchanges");
  if (list == nullptr || !list->is_array()) {
    throw base::Unavailable("Wikipedia sent no list of recent changes");
  }
  WikipediaPage page;
  page.next = base::text_at(answer, "/continue/rccontinue");
  std::size_t left = changes_max;
  for (const json::value& change : list->get_array()) {
    if (left-- == 0) break;
    const std::int64_t id = base::integer_at(change, "/rcid");
    const std::string title = base::text_at(change, "/title");
    const std::string user = base::text_at(change, "/user");
    const auto at = base::parse_rfc3339(base::text_at(change, "/timestamp"));
    if (id <= 0 || title.empty() || title.size() > title_max || user.empty() || !at) {
      ++page.batch.rejected;
      continue;
    }
    page.newest = std::max(page.newest, id);
    page.oldest = page.oldest == 0 ? id : std::min(page.oldest, id);
    if (id <= known) continue;
    Mention mention{.id = fmt::format("{}:{}", language, id),
                    .at = std::min(*at, now),
                    .author = fmt::format("{}:{}", language, user),
                    .text = words_of(title),
                    .language = language};
    mention.url = article_url(language, title);
    mention.links = {mention.url};
    page.batch.mentions.push_back(std::move(mention));
  }
  std::ranges::reverse(page.batch.mentions);
  return page;
}

}  // namespace trends
