#include "trends/stories.h"

#include "trends/concentration.h"
#include "trends/surprise.h"

#include <algorithm>
#include <unordered_map>

namespace trends {

namespace {

constexpr std::size_t candidates_max = 200;
constexpr double score_min = 4.0;   // below this nothing is worth a line
constexpr double same_story = 0.5;  // share of posts that two topics of a story have in common

// A topic that so small a part of its voices still talks about is over, however high it rose.
constexpr double alive_part = 0.1;
constexpr Step alive_steps = 24;  // within the last two hours

// Of equal scores the younger story comes first: who looks every hour has seen the older one.
constexpr double youth_half_life = 6 * 12;  // steps

struct Candidate {
  std::uint32_t record;
  double score;
  double rank;  // what the order goes by
};

// By whole half hours: the running one and those before.
bool is_over(const Record& record, Step now) {
  double authors = record.step + alive_steps > now ? record.authors : 0;
  const std::uint32_t last = half_hour_of(record.timeline.now());
  const std::uint32_t first = half_hour_of(now - std::min(now, alive_steps));
  for (std::uint32_t half_hour = first; half_hour <= last; ++half_hour)
    authors += record.timeline.half_hour(half_hour).authors;
  return authors < alive_part * record.peak.authors;
}

std::vector<Candidate> candidates_of(const Tables& tables) {
  const Step now = tables.stream.timeline().now();
  std::vector<Candidate> candidates;
  for (const std::uint32_t number : tables.hot) {
    const Record& record = tables.tracked[number];
    double score = faded_score(record.peak, record.kind, now);
    if (score < score_min || record.peak.authors < tables.options.min_authors) continue;
    if (is_over(record, now)) continue;
    score *= trust_in(concentration_of(tables, record));
    if (score < score_min) continue;
    const Step age = now - std::min(now, record.risen);
    candidates.push_back(
        {.record = number, .score = score, .rank = score * decay(age, youth_half_life)});
  }
  const auto better = [&](const Candidate& a, const Candidate& b) {
    if (a.rank != b.rank) return a.rank > b.rank;
    return tables.tracked[a.record].key < tables.tracked[b.record].key;
  };
  const std::size_t kept = std::min(candidates.size(), candidates_max);
  std::ranges::partial_sort(candidates, candidates.begin() + static_cast<std::ptrdiff_t>(kept),
                            better);
  candidates.resize(kept);
  return candidates;
}

// Empty for links, which wear no dress.
std::string bare_name(const Tables& tables, std::uint32_t record) {
  if (tables.tracked[record].kind == Kind::link) return {};
  return trends::bare_name(tables.tracked.name(record).topic);
}

// shared(a, b): of the sampled posts of candidate a, how many carry candidate b.
class Overlap {
 public:
  Overlap(const Tables& tables, const std::vector<Candidate>& candidates)
      : size_(candidates.size()), shared_(size_ * size_), samples_(size_) {
    std::unordered_map<std::uint64_t, std::size_t> number;
    for (std::size_t i = 0; i < size_; ++i) number[tables.tracked[candidates[i].record].key] = i;
    for (std::size_t i = 0; i < size_; ++i) {
      const std::uint32_t entry = tables.tracked[candidates[i].record].evidence;
      if (entry == 0) continue;
      const Evidence& evidence = tables.evidence[entry - 1];
      samples_[i] = evidence.sample_count();
      for (std::size_t s = 0; s < samples_[i]; ++s) {
        for (const std::uint64_t key : tables.posts[evidence.sample(s)].keys) {
          if (const auto other = number.find(key); other != number.end())
            ++shared_[i * size_ + other->second];
        }
      }
    }
  }

  bool same(std::size_t a, std::size_t b) const {
    return part(a, b) >= same_story || part(b, a) >= same_story;
  }

 private:
  double part(std::size_t of, std::size_t with) const {
    if (samples_[of] < 3) return 0;
    return shared_[of * size_ + with] / static_cast<double>(samples_[of]);
  }

  std::size_t size_;
  std::vector<std::uint16_t> shared_;
  std::vector<std::size_t> samples_;
};

}  // namespace

std::vector<Story> ranked_stories(const Tables& tables, std::size_t max) {
  const auto candidates = candidates_of(tables);
  const Overlap overlap(tables, candidates);
  std::vector<Story> stories;
  std::vector<std::size_t> leaders;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    std::string name = bare_name(tables, candidates[i].record);
    std::size_t story = 0;
    while (story < stories.size() && !overlap.same(leaders[story], i) &&
           (name.empty() || names[story] != name)) {
      ++story;
    }
    if (story < stories.size()) {
      stories[story].members.push_back(candidates[i].record);
    } else {
      stories.push_back({.record = candidates[i].record, .score = candidates[i].score});
      leaders.push_back(i);
      names.push_back(std::move(name));
    }
  }
  if (stories.size() > max) stories.resize(max);
  return stories;
}

}  // namespace trends
