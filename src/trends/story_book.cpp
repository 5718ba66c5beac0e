#include "trends/story_book.h"

#include "base/id.h"
#include "base/text.h"

#include <algorithm>

namespace trends {
namespace {

constexpr double led_it = 4;       // it leads the story now, or has led it
constexpr double was_in_it = 3;    // who leads the story is part of the trend
constexpr double shares_name = 2;  // it was part of the story
constexpr std::size_t shared_min = 3;
constexpr double shared_part = 0.5;
constexpr double same_part = 0.8;
constexpr double faded_part = 0.5;
// Words and authors together may be less each.
constexpr std::size_t both_min = 2;
constexpr double both_part = 0.7;

std::vector<std::string> names_of(const Trend& trend) {
  std::vector<std::string> names{bare_name(trend.topic)};
  for (const std::string& alias : trend.aliases) names.push_back(bare_name(alias));
  return names;
}

std::vector<std::string> words_of(const Trend& trend) {
  std::vector<std::string> words = names_of(trend);
  for (const CoTerm& term : trend.co_terms) words.push_back(bare_name(term.text));
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

// Of two sorted lists; without a list of its own, because every trend meets every story.
template <class T>
std::size_t count_shared(const std::vector<T>& a, const std::vector<T>& b) {
  std::size_t shared = 0;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    const auto order = *x <=> *y;
    if (order <= 0) ++x;
    if (order >= 0) ++y;
    if (order == 0) ++shared;
  }
  return shared;
}

double part_of_smaller(std::size_t shared, std::size_t a, std::size_t b) {
  const std::size_t smaller = std::min(a, b);
  return smaller == 0 ? 0 : static_cast<double>(shared) / static_cast<double>(smaller);
}

// What one trend is compared by.
struct Face {
  std::vector<std::string> names;  // the leading one first
  std::vector<std::string> words;
};

// Below 1 by likeness, above it by name; 0: another story. What people say of any event ("live",
// "pictures", "unbelievable") joins no stories: a name of the story must be among the words, or the
// same people.
double likeness(const Trend& trend, const Face& face, const KnownStory& story) {
  const auto led = [&](const std::string& name) { return std::ranges::count(story.led, name) > 0; };
  if (led(face.names.front())) return face.names.front() == story.led.back() ? led_it + 1 : led_it;
  if (!story.led.empty() && std::ranges::count(face.names, story.led.back()) > 0) return was_in_it;
  const std::size_t words = count_shared(face.words, story.words);
  const std::size_t voices = count_shared(trend.voices, story.voices);
  const bool named = std::ranges::any_of(
      story.led, [&](const auto& name) { return std::ranges::binary_search(face.words, name); });
  const bool was_part = std::ranges::binary_search(story.words, face.names.front());
  const double word_part = part_of_smaller(words, face.words.size(), story.words.size());
  const bool same_words = words >= shared_min && word_part >= same_part;
  if (was_part && ((named && words >= both_min) || voices >= both_min || same_words))
    return shares_name;
  const double voice_part = part_of_smaller(voices, trend.voices.size(), story.voices.size());
  const double best =
      std::max(words >= shared_min && named ? word_part : 0, voices >= shared_min ? voice_part : 0);
  if (best >= shared_part) return best / 2;
  const bool both = words >= both_min && voices >= both_min && word_part + voice_part >= both_part;
  return both ? (word_part + voice_part) / 4 : 0;
}

struct Match {
  double strength;
  std::size_t trend;
  std::size_t story;
};

void add_line(std::string& text, std::string_view line) {
  const std::string whole = "\n" + base::fold(line) + "\n";
  if (text.size() + whole.size() > KnownStory::search_max) return;
  if (text.find(whole) != std::string::npos) return;
  if (text.empty()) text = "\n";
  text.append(whole, 1);
}

}  // namespace

void KnownStory::update(const Trend& trend, base::Instant now) {
  const std::string leader = bare_name(trend.topic);
  std::erase(led, leader);
  led.push_back(leader);
  if (led.size() > led_max) led.erase(led.begin());
  const Face face{.names = names_of(trend), .words = words_of(trend)};
  words = face.words;
  voices = trend.voices;
  const std::string said = bare_name(base::fold(trend.label));
  const bool still_so = !label.empty() && std::ranges::count(face.names, label_name) > 0;
  const bool says_more = said != label_name && said.find(label_name) != std::string::npos;
  // What was high under a name is not called by the last word that is left of it.
  const bool faded = trend.score < faded_part * peak.score;
  if ((!still_so && !faded) || says_more || label.empty()) {
    label = trend.label;
    label_name = said;
  }
  add_line(search, trend.label);
  add_line(search, trend.topic);
  for (const std::string& alias : trend.aliases) add_line(search, alias);
  for (const CoTerm& term : trend.co_terms) add_line(search, term.text);
  if (trend.score >= peak.score) {
    peak = {.score = trend.score,
            .authors = trend.authors,
            .posts = trend.posts,
            .expected = trend.expected,
            .at = trend.last_peak};
  }
  if (first_seen_at == base::Instant{}) first_seen_at = now;
  seen_at = now;
}

std::vector<StoryBook::Told> StoryBook::tell(const std::vector<Trend>& trends, base::Instant now) {
  std::vector<Match> matches;
  for (std::size_t i = 0; i < trends.size(); ++i) {
    const Face face{.names = names_of(trends[i]), .words = words_of(trends[i])};
    for (std::size_t place = 0; place < stories_.size(); ++place) {
      const double strength = likeness(trends[i], face, stories_[place]);
      if (strength > 0) matches.push_back({.strength = strength, .trend = i, .story = place});
    }
  }
  // Of equals the better trend, and the story that was seen last.
  std::ranges::sort(matches, [&](const Match& a, const Match& b) {
    if (a.strength != b.strength) return a.strength > b.strength;
    if (a.trend != b.trend) return a.trend < b.trend;
    return stories_[a.story].seen_at > stories_[b.story].seen_at;
  });
  constexpr auto nobody = static_cast<std::size_t>(-1);
  std::vector<std::size_t> story_of(trends.size(), nobody);
  std::vector<bool> taken(stories_.size());
  for (const Match& match : matches) {
    if (story_of[match.trend] != nobody || taken[match.story]) continue;
    story_of[match.trend] = match.story;
    taken[match.story] = true;
  }
  std::vector<Told> told;
  for (std::size_t i = 0; i < trends.size(); ++i) {
    const bool is_new = story_of[i] == nobody;
    if (is_new) {
      story_of[i] = stories_.size();
      stories_.push_back({.id = base::make_uuid7()});
    }
    stories_[story_of[i]].update(trends[i], now);
    told.push_back({.story = story_of[i], .is_new = is_new});
  }
  return told;
}

bool StoryBook::knows(const Trend& trend) const {
  const std::string name = bare_name(trend.topic);
  return std::ranges::any_of(stories_, [&](const KnownStory& story) {
    return std::ranges::count(story.led, name) > 0 || std::ranges::binary_search(story.words, name);
  });
}

void StoryBook::forget(base::Instant seen_before) {
  std::erase_if(stories_, [&](const KnownStory& story) { return story.seen_at < seen_before; });
}

const KnownStory* StoryBook::find(std::string_view topic) const {
  const std::string name = bare_name(topic);
  for (const KnownStory& story : stories_) {
    if (!story.led.empty() && story.led.back() == name) return &story;
  }
  return nullptr;
}

}  // namespace trends
