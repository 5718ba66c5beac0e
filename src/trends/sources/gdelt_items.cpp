#include "trends/sources/gdelt_items.h"

#include "base/json.h"

#include <algorithm>
#include <array>
#include <utility>

namespace trends {
namespace {

constexpr std::size_t articles_max = 250;
constexpr std::size_t url_max = 300;  // longer ones are no ids

// GDELT writes languages out; those that it finds most. Others are told by the headline.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> languages{
    {{"English", "en"},
     {"Spanish", "es"},
     {"French", "fr"},
     {"German", "de"},
     {"Italian", "it"},
     {"Portuguese", "pt"},
     {"Russian", "ru"},
     {"Arabic", "ar"},
     {"Chinese", "zh"},
     {"Japanese", "ja"},
     {"Korean", "ko"},
     {"Turkish", "tr"},
     {"Indonesian", "id"},
     {"Dutch", "nl"},
     {"Polish", "pl"},
     {"Ukrainian", "uk"}}};

std::string language_of(std::string_view name) {
  const auto known =
      std::ranges::find(languages, name, &std::pair<std::string_view, std::string_view>::first);
  return known == languages.end() ? "" : std::string(known->second);
}

// "20261123T114500Z"
std::optional<base::Instant> seen_at(std::string_view date) {
  if (date.size() != 16) return {};
  return base::parse_rfc3339(fmt::format("{}-{}-{}T{}:{}:{}Z", date.substr(0, 4), date.substr(4, 2),
                                         date.substr(6, 2), date.substr(9, 2), date.substr(11, 2),
                                         date.substr(13, 2)));
}

}  // namespace

Batch read_articles(const json::value& answer, base::Instant now) {
  Batch batch;
  if (!answer.is_object()) throw base::Unavailable("GDELT sent no list of articles");
  const json::value* list = answer.get_object().if_contains("articles");
  if (list == nullptr) return batch;  // nothing fits: the answer is {}
  if (!list->is_array()) throw base::Unavailable("GDELT sent no list of articles");
  std::size_t left = articles_max;
  for (const json::value& article : list->get_array()) {
    if (left-- == 0) break;
    const std::string url = base::text_at(article, "/url");
    const auto at = seen_at(base::text_at(article, "/seendate"));
    Mention mention{.id = url,
                    .at = std::min(at.value_or(now), now),
                    .author = base::text_at(article, "/domain"),
                    .text = base::text_at(article, "/title"),
                    .language = language_of(base::text_at(article, "/language"))};
    mention.links = {url};
    mention.url = url;
    if (!at || url.empty() || url.size() > url_max || mention.author.empty() ||
        mention.text.empty()) {
      ++batch.rejected;
    } else {
      batch.mentions.push_back(std::move(mention));
    }
  }
  std::ranges::sort(batch.mentions, {}, &Mention::at);
  return batch;
}

}  // namespace trends
