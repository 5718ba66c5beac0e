#include "trends/explanation.h"

#include "base/text.h"
#include "trends/concentration.h"
#include "trends/surprise.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace trends {

namespace {

constexpr std::size_t samples_shown = 5;
constexpr std::size_t co_terms_shown = 8;
constexpr std::size_t aliases_shown = 24;
constexpr std::string_view unknown = "unknown";  // a language

const Evidence* evidence_of(const Tables& tables, const Record& record) {
  return record.evidence == 0 ? nullptr : &tables.evidence[record.evidence - 1];
}

std::array<double, sparkline_length> sparkline_of(const Record& record, Step now) {
  std::array<double, sparkline_length> line{};
  const std::uint32_t last = half_hour_of(record.step);
  const std::uint32_t shown_last = half_hour_of(now);
  for (std::uint32_t i = 0; i < sparkline_length; ++i) {
    const std::uint32_t half_hour =
        shown_last - static_cast<std::uint32_t>(sparkline_length) + 1 + i;
    if (half_hour > last || half_hour + Timeline::day_half_hours <= last) continue;
    line[i] = record.timeline.half_hour(half_hour).authors;
    if (half_hour == last) line[i] += record.authors;
  }
  return line;
}

// The rise began with the first half hour before the peak from which on the topic stayed above
// twice its usual pace (a pause of an hour and a half is allowed).
base::Instant since_of(const Record& record) {
  const std::uint32_t peak = half_hour_of(record.peak.step);
  const std::uint32_t last = half_hour_of(record.step);
  const unsigned window_half_hours =
      std::max(1U, window_steps[record.peak.window] / steps_per_half_hour);
  const double usual = 2.0 * record.peak.expected / window_half_hours;
  std::uint32_t first = peak;
  unsigned pause = 0;
  for (std::uint32_t half_hour = peak; half_hour + Timeline::day_half_hours > last && pause < 3;
       --half_hour) {
    const double authors =
        record.timeline.half_hour(half_hour).authors + (half_hour == last ? record.authors : 0);
    if (authors >= 1 && authors > usual) {
      first = half_hour;
      pause = 0;
    } else {
      ++pause;
    }
  }
  Step step = first * steps_per_half_hour;
  // Within the last hour the five-minute steps know better.
  for (; step < (first + 1) * steps_per_half_hour - 1; ++step) {
    if (step + Timeline::recent_steps <= record.step) break;
    if (record.timeline.recent(step).authors > 0) break;
  }
  return step_begin(step);
}

bool larger_share(const Share& a, const Share& b) {
  return a.share != b.share ? a.share > b.share : a.name < b.name;
}

std::vector<Share> shares_of(const auto& counters, const Registry& registry) {
  double total = 0;
  for (const auto& counter : counters) total += counter.count;
  std::vector<Share> shares;
  for (const auto& counter : counters) {
    if (counter.count == 0) continue;
    std::string name = registry.name(counter.name);
    shares.push_back({.name = name.empty() ? std::string(unknown) : std::move(name),
                      .share = counter.count / total});
  }
  std::ranges::sort(shares, larger_share);
  return shares;
}

// Languages as the sources say them; what they do not say, as the sampled posts have it.
std::vector<Share> languages_of(const Tables& tables, const Evidence& evidence) {
  std::vector<Share> languages = shares_of(evidence.languages, tables.languages);
  const auto unsaid = std::ranges::find(languages, unknown, &Share::name);
  if (unsaid == languages.end()) return languages;
  std::map<std::string, double> heard;
  double count = 0;
  for (std::size_t i = 0; i < evidence.sample_count(); ++i) {
    const std::uint32_t post = evidence.sample(i);
    if (!tables.languages.name(tables.posts[post].language).empty()) continue;
    const std::string& spoken = tables.posts.language_of(post);
    heard[spoken.empty() ? std::string(unknown) : spoken] += 1;
    count += 1;
  }
  if (count == 0) return languages;
  const double share = unsaid->share;
  languages.erase(unsaid);
  for (const auto& [name, posts] : heard) {
    const auto said = std::ranges::find(languages, name, &Share::name);
    if (said == languages.end()) {
      languages.push_back({.name = name, .share = share * posts / count});
    } else {
      said->share += share * posts / count;
    }
  }
  std::ranges::sort(languages, larger_share);
  return languages;
}

// Dunning's log-likelihood ratio of k of n against a usual rate.
double log_likelihood_ratio(double k, double n, double rate) {
  rate = std::clamp(rate, 1e-6, 1 - 1e-6);
  const auto term = [](double count, double expected) {
    return count > 0 ? count * std::log(count / expected) : 0;
  };
  return 2 * (term(k, n * rate) + term(n - k, n * (1 - rate)));
}

std::vector<CoTerm> co_terms_of(const Tables& tables, const Story& story) {
  const Record& record = tables.tracked[story.record];
  const Evidence* evidence = evidence_of(tables, record);
  if (evidence == nullptr || evidence->sample_count() == 0) return {};
  std::map<std::uint64_t, unsigned> counts;
  for (std::size_t i = 0; i < evidence->sample_count(); ++i) {
    for (const std::uint64_t key : tables.posts[evidence->sample(i)].keys) ++counts[key];
  }
  const auto posts = static_cast<double>(evidence->sample_count());
  const double past =
      std::max(1.0, tables.stream.timeline().past() + tables.stream.timeline().day_authors());
  std::vector<CoTerm> terms;
  for (const auto& [key, count] : counts) {
    if (key == record.key || count < 2) continue;
    const std::uint32_t other = tables.tracked.find(key);
    if (other == Tracked::none) continue;
    const Timeline& timeline = tables.tracked[other].timeline;
    const double rate = (timeline.past() + timeline.day_authors()) / past;
    if (count / posts <= rate) continue;
    terms.push_back({.text = tables.tracked.name(other).topic,
                     .kind = tables.tracked[other].kind,
                     .share = count / posts,
                     .strength = log_likelihood_ratio(count, posts, rate)});
  }
  std::ranges::sort(terms, [](const CoTerm& a, const CoTerm& b) {
    return a.strength != b.strength ? a.strength > b.strength : a.text < b.text;
  });
  if (terms.size() > co_terms_shown) terms.resize(co_terms_shown);
  return terms;
}

Sample sample_of(const Tables& tables, const StoredPost& post) {
  return {.id = base::clean_utf8(post.id()),
          .url = base::clean_utf8(post.url()),
          .text = base::clean_utf8(post.text()),
          .author = base::clean_utf8(post.author()),
          .at = post.at,
          .source = tables.sources.name(post.source),
          .repost = post.repost};
}

// The earliest, then those that say most of what the others say (and do not repeat each other).
std::vector<Sample> samples_of(const Tables& tables, const Record& record) {
  const Evidence* evidence = evidence_of(tables, record);
  if (evidence == nullptr) return {};
  std::map<std::uint64_t, unsigned> counts;
  std::vector<const StoredPost*> posts;
  for (std::size_t i = 0; i < evidence->sample_count(); ++i) {
    posts.push_back(&tables.posts[evidence->sample(i)]);
    for (const std::uint64_t key : posts.back()->keys) ++counts[key];
  }
  const auto typical = [&](const StoredPost& post) {
    double sum = 0;
    for (const std::uint64_t key : post.keys) sum += counts[key] > 1 ? std::log(counts[key]) : 0;
    return (post.repost ? 0.5 : 1) * sum / std::sqrt(static_cast<double>(post.keys.size()) + 1);
  };
  if (!posts.empty()) {
    const auto earliest =
        std::ranges::min_element(posts, {}, [](const StoredPost* post) { return post->at; });
    std::swap(*earliest, posts.front());
    std::sort(posts.begin() + 1, posts.end(), [&](const StoredPost* a, const StoredPost* b) {
      const double x = typical(*a);
      const double y = typical(*b);
      return x != y ? x > y : a->id() < b->id();
    });
  }
  std::vector<Sample> samples;
  std::set<std::uint64_t> said;
  for (const StoredPost* post : posts) {
    if (samples.size() < samples_shown && said.insert(post->saying).second)
      samples.push_back(sample_of(tables, *post));
  }
  return samples;
}

// Of who was sampled and who is busiest.
std::vector<std::uint32_t> voices_of(const Tables& tables, const Evidence& evidence) {
  std::vector<std::uint32_t> voices;
  for (std::size_t i = 0; i < evidence.sample_count(); ++i) {
    voices.push_back(
        static_cast<std::uint32_t>(tables.posts[evidence.sample(i)].author_hash >> 32));
  }
  for (const auto& author : evidence.authors) {
    if (author.count > 0) voices.push_back(author.name);
  }
  std::ranges::sort(voices);
  voices.erase(std::unique(voices.begin(), voices.end()), voices.end());
  return voices;
}

// A word alone says little: the tag of the story says more, or the pair that the word is part of.
std::string label_of(const Tables& tables, const Story& story) {
  const Tracked::Name& leader = tables.tracked.name(story.record);
  if (tables.tracked[story.record].kind != Kind::word) return leader.label;
  const std::string word = bare_name(leader.topic);
  const std::string* pair = nullptr;
  for (const std::uint32_t member : story.members) {
    const Tracked::Name& name = tables.tracked.name(member);
    const Kind kind = tables.tracked[member].kind;
    if (kind == Kind::tag || kind == Kind::cashtag) return name.label;
    const bool says_more =
        kind == Kind::bigram && bare_name(name.topic).find(word) != std::string::npos;
    if (says_more && pair == nullptr) pair = &name.label;
  }
  return pair != nullptr ? *pair : leader.label;
}

// What people call it on purpose first: of many names the rest may be cut off.
std::vector<std::string> aliases_of(const Tables& tables, const Story& story) {
  std::vector<std::string> aliases;
  for (const bool on_purpose : {true, false}) {
    for (const std::uint32_t member : story.members) {
      const Kind kind = tables.tracked[member].kind;
      if ((kind == Kind::tag || kind == Kind::cashtag) != on_purpose) continue;
      if (aliases.size() < aliases_shown) aliases.push_back(tables.tracked.name(member).topic);
    }
  }
  return aliases;
}

std::string duration_text(base::Duration duration) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(duration).count();
  if (minutes < 55) return minutes == 1 ? "a minute" : fmt::format("{} minutes", minutes);
  const auto hours = (minutes + 30) / 60;
  return hours == 1 ? "an hour" : fmt::format("{} hours", hours);
}

std::string explanation_of(const Trend& trend) {
  std::string text = fmt::format(
      "{:.0f} authors ({:.0f} posts) within {}, {:.1f} expected: {:.1f} times the usual.",
      trend.authors, trend.posts, duration_text(trend.window), trend.expected, trend.ratio);
  // A length, not a time of day: a stream in accelerated time is shown moved to the present.
  if (const auto rise = trend.last_peak - trend.since; rise >= std::chrono::minutes{1}) {
    text += fmt::format(" It rose for {} to its peak.", duration_text(rise));
  }
  if (!trend.co_terms.empty()) {
    text += " Comes with";
    for (std::size_t i = 0; i < std::min<std::size_t>(3, trend.co_terms.size()); ++i) {
      text += fmt::format("{} {}", i == 0 ? "" : ",", trend.co_terms[i].text);
    }
    text += '.';
  }
  if (trend.sources.size() > 1) {
    text += fmt::format(" {:.0f} % from {}, {} sources.", 100 * trend.sources[0].share,
                        trend.sources[0].name, trend.sources.size());
  }
  if (trend.coordinated) {
    text += fmt::format(" Looks coordinated: {:.1f} posts per author, {:.0f} % copies.",
                        trend.concentration.posts_per_author,
                        100 * trend.concentration.duplicate_share);
  }
  return text;
}

}  // namespace

std::string trend_id(std::uint64_t key) { return fmt::format("{:016x}", key); }

std::optional<std::uint64_t> key_of_trend_id(std::string_view id) {
  std::uint64_t key = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), key, 16);
  if (id.size() != 16 || error != std::errc{} || end != id.data() + id.size()) return std::nullopt;
  return key;
}

Trend explain(const Tables& tables, const Story& story) {
  const Record& record = tables.tracked[story.record];
  const Tracked::Name& name = tables.tracked.name(story.record);
  const Peak& peak = record.peak;
  Trend trend{.id = trend_id(record.key),
              .topic = name.topic,
              .label = label_of(tables, story),
              .kind = record.kind,
              .score = story.score,
              .window = std::chrono::seconds{window_steps[peak.window] * step_seconds},
              .posts = peak.posts,
              .authors = peak.authors,
              .expected = peak.expected,
              .ratio = peak.expected > 0 ? peak.authors / peak.expected : 0,
              .since = since_of(record),
              .last_peak = step_begin(peak.step),
              .sparkline = sparkline_of(record, tables.stream.timeline().now()),
              .co_terms = co_terms_of(tables, story),
              .samples = samples_of(tables, record),
              .concentration = concentration_of(tables, record)};
  if (const Evidence* evidence = evidence_of(tables, record)) {
    trend.sources = shares_of(evidence->sources, tables.sources);
    trend.languages = languages_of(tables, *evidence);
    trend.voices = voices_of(tables, *evidence);
  }
  trend.coordinated = is_coordinated(trend.concentration);
  trend.aliases = aliases_of(tables, story);
  // That #Rain comes with #rain is no news.
  const std::string called = bare_name(base::fold(trend.label));
  std::erase_if(trend.co_terms, [&](const CoTerm& term) { return bare_name(term.text) == called; });
  trend.explanation = explanation_of(trend);
  return trend;
}

}  // namespace trends
