#include "topics/watching.h"

#include "base/metrics.h"
#include "base/text.h"

namespace topics {
namespace {

constexpr std::size_t samples_max = 3;  // of one list and turn
constexpr std::size_t items_max = 100;  // the same for items of feeds
constexpr std::size_t sample_graphemes_max = 500;
constexpr int turns_between_prunes = 120;

metrics::Counter watched{"watched_mentions_total", "Mentions held against the watch lists."};
metrics::Counter interesting{"watched_hits_total", "Mentions that a watch list found."};
metrics::Gauge patterns{"watch_patterns", "Different patterns of all watch lists."};

WatchSample sample_of(std::string_view source, const trends::Mention& mention, std::string_view by,
                      bool item) {
  return {.source = std::string(source),
          .mention = mention.id,
          .item = item,
          .at = mention.at,
          .by = std::string(by),
          .author = mention.author,
          .language = mention.language,
          .text = base::truncate_graphemes(mention.text, sample_graphemes_max),
          .url = mention.url};
}

}  // namespace

void Watching::see(std::string_view source, std::span<const trends::Mention> mentions, bool item) {
  if (!matcher_ || matcher_->patterns() == 0) return;
  for (const trends::Mention& mention : mentions) {
    for (const Matcher::Hit& hit : matcher_->match(seen_of(source, mention))) {
      const std::string& list = matcher_->lists()[hit.list].first;
      Lists::Found& found = found_.try_emplace(list, Lists::Found{.list = list}).first->second;
      ++found.mentions;
      interesting.add();
      if (found.samples.size() < (item ? items_max : samples_max)) {
        found.samples.push_back(sample_of(source, mention, hit.by, item));
      }
    }
  }
  watched.add({}, static_cast<double>(mentions.size()));
}

io::Task<> Watching::turn() {
  matcher_ = co_await lists_.matcher();
  patterns.set(static_cast<double>(matcher_->patterns()));
  if (found_.empty()) co_return;
  std::vector<Lists::Found> found;
  for (auto& [list, each] : std::exchange(found_, {})) found.push_back(std::move(each));
  co_await lists_.record(std::move(found));
}

io::Task<> Watching::run() {
  for (int turns = 0;; ++turns) {
    co_await turn();
    if (turns % turns_between_prunes == 0) co_await lists_.prune();
    co_await io::sleep_for(every);
  }
}

}  // namespace topics
