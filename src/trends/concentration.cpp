#include "trends/concentration.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <unordered_map>

namespace trends {

namespace {

constexpr double coordinated_factor = 0.05;
// People who care say it twice; from here on each further post of everybody makes it doubtful.
constexpr double posts_per_author_usual = 2;
constexpr double posts_per_author_max = 8;
constexpr double duplicates_max = 0.6;
constexpr double one_voice_share = 0.5;           // of the posts by the busiest author, and
constexpr double one_voice_posts_per_author = 3;  // so many by each: not just a small story
constexpr std::size_t duplicates_sample = 5;      // fewer originals say nothing about copying
constexpr std::size_t alike_keys = 8;  // people say the same few words without having agreed on it
constexpr double alike = 0.3;  // of the keys of both that two posts share: one made from the other
// Put together from pieces: so much of a post are keys that several others have too. An event lends
// its posts its names, but not the pairs of words around them.
constexpr double pieces = 0.6;
constexpr std::size_t piece_posts_min = 3;
constexpr double piece_posts_part = 0.12;

using Keys = std::vector<std::uint64_t>;  // of a post, sorted

bool is_link(const Tables& tables, std::uint64_t key) {
  const std::uint32_t record = tables.tracked.find(key);
  return record != Tracked::none && tables.tracked[record].kind == Kind::link;
}

// Both have sorted keys. Posts with a page in common are alike because they quote its headline.
bool are_alike(const Tables& tables, const Keys& a, const Keys& b) {
  Keys shared;
  std::ranges::set_intersection(a, b, std::back_inserter(shared));
  const std::size_t either = a.size() + b.size() - shared.size();
  if (static_cast<double>(shared.size()) < alike * static_cast<double>(either)) return false;
  return std::ranges::none_of(shared, [&](std::uint64_t key) { return is_link(tables, key); });
}

// Which of the posts have another one that says nearly the same.
void mark_alike(const Tables& tables, const std::vector<Keys>& posts, std::vector<bool>& copied) {
  for (std::size_t i = 0; i < posts.size(); ++i) {
    for (std::size_t j = i + 1; j < posts.size(); ++j) {
      if ((copied[i] && copied[j]) || !are_alike(tables, posts[i], posts[j])) continue;
      copied[i] = copied[j] = true;
    }
  }
}

// Which of the posts are made of what is said in several others, no two of which need be alike.
void mark_pieced(const Tables& tables, const std::vector<Keys>& posts, std::vector<bool>& copied) {
  std::unordered_map<std::uint64_t, std::size_t> uses;
  for (const Keys& post : posts) {
    for (const std::uint64_t key : post) ++uses[key];
  }
  const double least =
      std::max<double>(piece_posts_min, piece_posts_part * static_cast<double>(posts.size()));
  for (std::size_t i = 0; i < posts.size(); ++i) {
    if (copied[i]) continue;
    const auto is_piece = [&](std::uint64_t key) {
      return static_cast<double>(uses[key]) >= least;
    };
    const auto common = static_cast<double>(std::ranges::count_if(posts[i], is_piece));
    if (common < pieces * static_cast<double>(posts[i].size())) continue;
    copied[i] = std::ranges::none_of(
        posts[i], [&](std::uint64_t key) { return is_piece(key) && is_link(tables, key); });
  }
}

std::size_t count_copied(const Tables& tables, const std::vector<Keys>& posts) {
  std::vector<bool> copied(posts.size());
  mark_alike(tables, posts, copied);
  mark_pieced(tables, posts, copied);
  return static_cast<std::size_t>(std::ranges::count(copied, true));
}

// The part of the sampled originals (each by another author) that are copies, word for word or
// nearly: a campaign changes a word or two and the link, or shuffles pieces.
double duplicate_share_of(const Tables& tables, const Evidence& evidence) {
  std::size_t originals = 0;
  std::vector<std::uint64_t> sayings;
  std::vector<Keys> keys;
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
  const std::size_t changed = count_copied(tables, keys);
  const std::size_t copies = std::max(sayings.size() - unique, changed > 0 ? changed - 1 : 0);
  return static_cast<double>(copies) / static_cast<double>(originals);
}

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

double trust_in(const Concentration& concentration) {
  if (is_coordinated(concentration)) return coordinated_factor;
  const double doubt = (concentration.posts_per_author - posts_per_author_usual) /
                       (posts_per_author_max - posts_per_author_usual);
  return std::pow(coordinated_factor, std::clamp(doubt, 0.0, 1.0));
}

}  // namespace trends
