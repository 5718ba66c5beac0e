#include "trends/stories.h"

#include "trends/surprise.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

namespace trends {

namespace {

constexpr std::size_t candidates_max = 200;
constexpr double score_min = 4.0;  // below this nothing is worth a line
constexpr double coordinated_factor = 0.05;
constexpr double same_story = 0.5;  // share of posts that two topics of a story have in common
constexpr double posts_per_author_max = 8;
constexpr double duplicates_max = 0.6;
constexpr double one_voice_share = 0.5;           // of the posts by the busiest author, and
constexpr double one_voice_posts_per_author = 3;  // so many by each: not just a small story
constexpr std::size_t duplicates_sample = 5;      // fewer originals say nothing about copying
constexpr double alike = 0.3;  // of the keys of both that two posts share: one made from the other
constexpr std::size_t alike_keys = 8;  // people say the same few words without having agreed on it

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
    if (is_coordinated(concentration_of(tables, record))) score *= coordinated_factor;
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

bool is_link(const Tables& tables, std::uint64_t key) {
  const std::uint32_t record = tables.tracked.find(key);
  return record != Tracked::none && tables.tracked[record].kind == Kind::link;
}

// Both have sorted keys. Posts with a page in common are alike because they quote its headline.
bool are_alike(const Tables& tables, const std::vector<std::uint64_t>& a,
               const std::vector<std::uint64_t>& b) {
  std::vector<std::uint64_t> shared;
  std::ranges::set_intersection(a, b, std::back_inserter(shared));
  const std::size_t either = a.size() + b.size() - shared.size();
  if (static_cast<double>(shared.size()) < alike * static_cast<double>(either)) return false;
  return std::ranges::none_of(shared, [&](std::uint64_t key) { return is_link(tables, key); });
}

// How many of the posts have another one that says nearly the same.
std::size_t count_alike(const Tables& tables,
                        const std::vector<std::vector<std::uint64_t>>& posts) {
  std::vector<bool> found(posts.size());
  for (std::size_t i = 0; i < posts.size(); ++i) {
    for (std::size_t j = i + 1; j < posts.size(); ++j) {
      if ((found[i] && found[j]) || !are_alike(tables, posts[i], posts[j])) continue;
      found[i] = found[j] = true;
    }
  }
  return static_cast<std::size_t>(std::ranges::count(found, true));
}

// The part of the sampled originals (each by another author) that are copies, word for word or
// nearly: a campaign changes a word or two and the link.
double duplicate_share_of(const Tables& tables, const Evidence& evidence) {
  std::size_t originals = 0;
  std::vector<std::uint64_t> sayings;
  std::vector<std::vector<std::uint64_t>> keys;
  for (std::size_t i = 0; i < evidence.sample_count(); ++i) {
    const StoredPost& post = tables.posts[evidence.sample(i)];
    if (post.repost) continue;
    ++originals;
    if (post.keys.size() < alike_keys) continue;
    sayings.push_back(post.saying);
    std::ranges::sort(keys.emplace_back(post.keys));
  }
  if (originals < duplicates_sample) return 0;
  std::ranges::sort(sayings);
  const auto unique =
      static_cast<std::size_t>(std::unique(sayings.begin(), sayings.end()) - sayings.begin());
  // One of those that are alike may be the first.
  const std::size_t changed = count_alike(tables, keys);
  const std::size_t copies = std::max(sayings.size() - unique, changed > 0 ? changed - 1 : 0);
  return static_cast<double>(copies) / static_cast<double>(originals);
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

Concentration concentration_of(const Tables& tables, const Record& record) {
  Concentration result;
  if (record.peak.authors > 0) result.posts_per_author = record.peak.posts / record.peak.authors;
  if (record.evidence == 0) return result;
  const Evidence& evidence = tables.evidence[record.evidence - 1];
  result.duplicate_share = duplicate_share_of(tables, evidence);
  double known = 0;
  double squares = 0;
  double busiest = 0;
  for (const auto& counter : evidence.authors) {
    known += counter.count;
    squares += static_cast<double>(counter.count) * counter.count;
    busiest = std::max<double>(busiest, counter.count);
  }
  if (evidence.posts == 0) return result;
  result.top_author_share = busiest / evidence.posts;
  squares += std::max(0.0, evidence.posts - known);  // everybody else wrote about once
  result.effective_authors = static_cast<double>(evidence.posts) * evidence.posts / squares;
  return result;
}

std::vector<std::string_view> flags_of(const Concentration& concentration) {
  std::vector<std::string_view> flags;
  if (concentration.posts_per_author > posts_per_author_max) flags.emplace_back("few_hands");
  if (concentration.duplicate_share > duplicates_max) flags.emplace_back("copies");
  if (concentration.top_author_share > one_voice_share &&
      concentration.posts_per_author > one_voice_posts_per_author) {
    flags.emplace_back("one_voice");
  }
  return flags;
}

bool is_coordinated(const Concentration& concentration) { return !flags_of(concentration).empty(); }

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
