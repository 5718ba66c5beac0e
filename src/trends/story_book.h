// StoryBook: which story of before a trend of this tick goes on with.
//
// A story keeps its id while its words shift: the detector ranks topics, and the topic that leads
// changes from tick to tick ("#quake", then "earthquake", then the name of the town). A trend goes
// on with the story that it led or was part of; else with the one that shares most of its words or
// of its sampled authors, if that is much. Exact names come first; one trend goes on with one
// story, and one story with one trend. The label stays as long as the story is still called so.
//
// Plain state without I/O, kept by who writes a lane and restored from the stored stories
// (to_stored() puts in what from_stored() needs). Stories that were not seen for a day are
// forgotten: whatever rises then is a new story. Not thread-safe.
#pragma once

#include "base/time.h"
#include "trends/trend.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trends {

// The numbers of a story when it was highest.
struct StoryPeak {
  double score = 0;
  double authors = 0;
  double posts = 0;
  double expected = 0;
  base::Instant at{};  // in the lane's own time
};

struct KnownStory {
  static constexpr std::size_t led_max = 12;
  static constexpr std::size_t search_max = 1500;  // bytes

  std::string id;                  // of its row
  std::vector<std::string> led;    // bare names that led it, the latest last
  std::vector<std::string> words;  // bare names and terms when it was last seen, sorted
  std::vector<std::uint32_t> voices;
  std::string label;
  std::string label_name;  // bare
  std::string search;      // folded names and terms that it had, one a line
  StoryPeak peak;
  base::Instant first_seen_at{};
  base::Instant seen_at{};
  base::Instant points_to{};                                    // its series is written up to here
  std::vector<std::string> named = {};                          // names that the archive knows
  std::vector<std::pair<std::string, std::string>> posts = {};  // source and id, as stored

  // Takes over what the trend says now.
  void update(const Trend& trend, base::Instant now);
};

class StoryBook {
 public:
  struct Told {
    std::size_t story;  // place in this book
    bool is_new;
  };
  // For each of the trends of one tick. New stories get an id.
  std::vector<Told> tell(const std::vector<Trend>& trends, base::Instant now);

  // Some story of before is called so.
  bool knows(const Trend& trend) const;
  void add(KnownStory story) { stories_.push_back(std::move(story)); }
  void forget(base::Instant seen_before);

  KnownStory& operator[](std::size_t place) { return stories_[place]; }
  const std::vector<KnownStory>& stories() const { return stories_; }
  // By the name that leads it now; for tests and tools.
  const KnownStory* find(std::string_view topic) const;

 private:
  std::vector<KnownStory> stories_;
};

}  // namespace trends
