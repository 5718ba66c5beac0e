// Stage: a detector with an everyday stream, for tests.
#pragma once

#include "trends/detector.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace trends {

inline const base::Instant start = *base::parse_rfc3339("2026-05-04T00:00:00Z");

// A steady stream of unremarkable posts, and whatever a test adds.
class Stage {
 public:
  explicit Stage(DetectorOptions options = {}) : detector(options) {}

  Mention post(std::string author, std::string text, std::string language = "en") {
    return {.id = fmt::format("p{}", ++number),
            .at = now,
            .author = std::move(author),
            .text = std::move(text),
            .language = std::move(language)};
  }
  void say(std::string author, std::string text) {
    const std::vector<Mention> one = {post(std::move(author), std::move(text))};
    detector.feed("test", one, now);
  }
  // Ten authors a minute, out of three thousand, on twenty everyday words.
  void usual(std::chrono::minutes duration) {
    for (const base::Instant end = now + duration; now < end; now += std::chrono::minutes{1}) {
      for (int i = 0; i < 10; ++i) {
        say(fmt::format("u{}", random() % 3000),
            fmt::format("everyday{} chatter{} about whatever{}", random() % 20, random() % 20,
                        random() % 400));
      }
      if (base::to_micros(now) / 60'000'000 % 5 == 0) detector.tick(now);
    }
    detector.tick(now);
  }
  // A word that nobody else uses, so that posts are not copies of each other.
  std::string word() {
    std::string letters;
    for (int i = 0; i < 8; ++i) letters += static_cast<char>('a' + random() % 26);
    return letters;
  }
  std::vector<std::string> shown(std::size_t limit = 50) const {
    std::vector<std::string> names;
    for (const Trend& trend : detector.top({.limit = limit})) {
      names.push_back(trend.topic);
      names.insert(names.end(), trend.aliases.begin(), trend.aliases.end());
    }
    return names;
  }
  bool shows(const std::string& topic) const { return std::ranges::count(shown(), topic) > 0; }

  Detector detector;
  base::Instant now = start;
  int number = 0;
  std::mt19937 random{11};
};

}  // namespace trends
