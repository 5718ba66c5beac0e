// A trend: a topic whose number of distinct authors is surprising against its own past, with the
// evidence for it.
//
// Plain values, made by Detector::top() and Detector::find(); they hold no reference into the
// detector, so they may be stored, sent to another thread or turned into JSON. All texts are valid
// UTF-8 but come from strangers: escape them.
#pragma once

#include "base/time.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trends {

enum class Kind : std::uint8_t { tag, word, bigram, link, cashtag };
inline constexpr std::size_t kind_count = 5;

std::string_view kind_name(Kind kind);
std::optional<Kind> kind_from_name(std::string_view name);

// A topic without its dress: "#timewarner", "time warner" and "$timewarner" are one name.
std::string bare_name(std::string_view topic);

// Which kinds to count or to show; bit n is Kind n.
using KindSet = std::uint32_t;
constexpr KindSet kind_bit(Kind kind) { return 1U << static_cast<unsigned>(kind); }
inline constexpr KindSet all_kinds = (1U << kind_count) - 1;

// A part of a whole, 0..1, largest first in lists.
struct Share {
  std::string name;
  double share = 0;
  bool operator==(const Share&) const = default;
};

struct Sample {
  std::string id;
  std::string url;
  std::string text;
  std::string author;
  base::Instant at{};
  std::string source;
  bool repost = false;
  bool operator==(const Sample&) const = default;
};

// A term that comes with the topic more often than without it.
struct CoTerm {
  std::string text;
  Kind kind = Kind::word;
  double share = 0;     // of the topic's sampled posts that have it
  double strength = 0;  // log-likelihood ratio against its usual rate
  bool operator==(const CoTerm&) const = default;
};

// How much of the topic comes from few hands.
struct Concentration {
  double posts_per_author = 1;
  double duplicate_share =
      0;  // of sampled posts (reposts aside) whose text says the same as another one's
  double top_author_share =
      0;  // of the posts since the evidence began that come from the busiest author
  double effective_authors = 0;  // (sum of posts per author)^2 / sum of squares
  bool operator==(const Concentration&) const = default;
};

inline constexpr std::size_t sparkline_length = 48;
inline constexpr std::chrono::minutes sparkline_step{30};

struct Trend {
  std::string id;  // 16 hexadecimal digits, the same for the same kind and topic on every machine
  std::string topic;  // normalised, with '#' or '$' for tags: "#appleevent", "$aapl", "time
                      // warner", "example.org/a"
  std::string label;  // as people write it: "#AppleEvent"
  Kind kind = Kind::word;
  double score = 0;  // falls with time since the peak; comparable within one detector

  // In the window where the topic is most surprising:
  base::Duration window{};
  double posts = 0;
  double authors = 0;         // distinct within half a day; a voice that keeps talking counts once
  double expected = 0;        // authors that its own past and the present traffic let expect
  double ratio = 0;           // authors / expected
  base::Instant since{};      // when the rise began
  base::Instant last_peak{};  // when the score was highest

  std::array<double, sparkline_length>
      sparkline{};  // authors per half hour, oldest first, the last one is running
  std::vector<Share> sources;
  std::vector<Share> languages;
  std::vector<CoTerm> co_terms;
  std::vector<Sample> samples;  // at most five, of different authors
  bool coordinated = false;
  Concentration concentration;
  std::vector<std::string> aliases;   // other topics of the same story, as `topic`
  std::vector<std::uint32_t> voices;  // hashes of the authors of its sampled posts, sorted
  std::string explanation;            // facts in one or two English sentences

  bool operator==(const Trend&) const = default;
};

}  // namespace trends
